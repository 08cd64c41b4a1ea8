import type { PromMetricRegistry } from './prom-metric-registry.js';

/** `--metrics-config`. */
export interface MetricsConfig {
  readonly counterLatencies: boolean;
  readonly histogramLatencies: boolean;
  readonly summaryLatencies: boolean;
  /** Quantile and its tolerated error. */
  readonly summaryQuantiles: readonly (readonly [number, number])[];
}

/** Triton's `nv_inference_*` families (spec §6), shared by all models of a server. */
export class InferenceMetrics {
  constructor(registry: PromMetricRegistry, config: MetricsConfig) {
    throw new Error(`not written yet ${String(registry)} ${String(config)}`);
  }
}
