/** What flags and the environment variables of two hosting services ask for (spec §1.11, §1.12). */

import type { FlagValues } from './flags/flag-values.js';
import { UsageError } from './flags/parse-flags.js';
import type {
  ApiListenerSettings,
  SageMakerSettings,
  VertexAiSettings,
} from './server-settings.js';

/** Environment variables; those of a library are empty. */
export type Environment = Readonly<Record<string, string | undefined>>;

const MAX_PORT = 65_535;

/** Whether Vertex AI runs this container for predictions. */
export function isVertexAiPrediction(environment: Environment): boolean {
  return environment['AIP_MODE'] === 'PREDICTION';
}

/** Undefined values take the plugin's defaults. */
export function sageMakerSettings(
  flags: FlagValues,
  environment: Environment,
  listener: ApiListenerSettings,
): SageMakerSettings {
  return {
    ...listener,
    port: flags.integer('sagemaker-port'),
    safePortRange: flags.text('sagemaker-safe-port-range'),
    pingMode: environment['SAGEMAKER_TRITON_PING_MODE'] ?? '',
    inferenceType: environment['SAGEMAKER_TRITON_INFERENCE_TYPE'] ?? '',
    defaultModelName: environment['SAGEMAKER_TRITON_DEFAULT_MODEL_NAME'] ?? '',
    modelsDirectory: '',
  };
}

/** Throws a UsageError for a port in the environment that is none. */
export function vertexAiSettings(
  flags: FlagValues,
  environment: Environment,
  listener: ApiListenerSettings,
): VertexAiSettings {
  return {
    ...listener,
    port: vertexAiPort(flags, environment),
    defaultModel: flags.text('vertex-ai-default-model'),
    predictRoute: environment['AIP_PREDICT_ROUTE'] ?? '',
    healthRoute: environment['AIP_HEALTH_ROUTE'] ?? '',
  };
}

function vertexAiPort(flags: FlagValues, environment: Environment): number {
  const text = environment['AIP_HTTP_PORT'] ?? '';
  if (text === '' || flags.isGiven('vertex-ai-port')) return flags.integer('vertex-ai-port');
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= MAX_PORT) return port;
  throw new UsageError(`AIP_HTTP_PORT must be a port, got '${text}'`);
}

/** `<low>-<high>`, both inclusive; undefined when empty. Throws a UsageError. */
export function parsePortRange(text: string): readonly [number, number] | undefined {
  if (text === '') return undefined;
  const match = /^(\d+)-(\d+)$/.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2])];
  if (low <= high && high <= MAX_PORT) return [low, high];
  throw new UsageError(`--sagemaker-safe-port-range must be <low>-<high>, got '${text}'`);
}
