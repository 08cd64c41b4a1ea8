import { choiceSetting, type SettingValues } from './setting-values.js';

const PING_MODES = ['ready', 'live'] as const;
const INFERENCE_TYPES = ['infer', 'generate', 'generate_stream'] as const;

const DEFAULT_MODELS_DIRECTORY = '/opt/ml/models';

/** What Triton asks for when no model is named, so that its error names what is missing. */
const UNSPECIFIED_MODEL = 'unspecified_SAGEMAKER_TRITON_DEFAULT_MODEL_NAME';

export interface SageMakerSettings {
  /** What `/ping` asks. */
  readonly pingMode: (typeof PING_MODES)[number];
  /** What an invocation is. */
  readonly inferenceType: (typeof INFERENCE_TYPES)[number];
  /** The model that `/invocations` reaches. */
  readonly defaultModelName: string;
  /** Models may be loaded from nowhere else. */
  readonly modelsDirectory: string;
}

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseSageMakerSettings(values: SettingValues): SageMakerSettings {
  return {
    pingMode: choiceSetting(values, 'ping-mode', PING_MODES),
    inferenceType: choiceSetting(values, 'inference-type', INFERENCE_TYPES),
    defaultModelName: values.get('default-model-name') ?? UNSPECIFIED_MODEL,
    modelsDirectory: values.get('models-directory') ?? DEFAULT_MODELS_DIRECTORY,
  };
}
