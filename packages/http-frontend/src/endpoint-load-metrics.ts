/** How full the key-value cache of a language model is, for load balancers (spec §1.5, ORCA). */

/** A sample of the family that TensorRT-LLM's backend reports, with the value of its label. */
const SAMPLE = new RegExp(
  String.raw`^nv_trt_llm_kv_cache_block_metrics\{(?:[^}]*,)?` +
    String.raw`kv_cache_block_type="(tokens_per|used|max)"[^}]*\} (\S+)`,
  'gm',
);

const FORMATS = ['json', 'text'] as const;

type LoadFormat = (typeof FORMATS)[number];

/** What the field `endpoint-load-metrics-format` asks for; undefined for an unknown format. */
export function parseLoadFormat(value: string): LoadFormat | undefined {
  return FORMATS.find((format) => format === value);
}

/**
 * The value of the field `endpoint-load-metrics`, from the server's metrics; undefined when they
 * lack what it is made of.
 */
export function endpointLoadMetrics(metrics: string, format: LoadFormat): string | undefined {
  const samples = new Map<string, number>();
  for (const [, type = '', value] of metrics.matchAll(SAMPLE)) samples.set(type, Number(value));
  const tokensPerBlock = samples.get('tokens_per');
  const used = samples.get('used');
  const max = samples.get('max');
  if (tokensPerBlock === undefined || used === undefined || max === undefined) return undefined;
  const utilization = max > 0 ? used / max : 0;
  const capacity = Math.floor(max * tokensPerBlock);
  if (format === 'text') {
    return (
      `TEXT named_metrics.kv_cache_utilization=${utilization}, ` +
      `named_metrics.max_token_capacity=${capacity}`
    );
  }
  const named = { kv_cache_utilization: utilization, max_token_capacity: capacity };
  return `JSON ${JSON.stringify({ named_metrics: named })}`;
}
