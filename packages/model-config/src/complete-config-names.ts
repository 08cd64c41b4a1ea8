import { InferError, type ModelConfig } from '@nereid/core';

/** What the repository knows of a model's files. */
export interface ModelFacts {
  /** The model's folder name. */
  readonly directoryName: string;
  /** File and folder names in the lexicographically first version folder; empty without one. */
  readonly versionEntries: readonly string[];
}

/** A kind of model that is recognized by its platform or the name of its file. */
interface KnownModel {
  readonly backend: string;
  /** What the configuration says when it names no platform; empty when the backend has none. */
  readonly platform: string;
  readonly filename: string;
  /** The backend has several platforms, so that its name alone does not choose one. */
  readonly needsPlatform?: boolean;
}

/** In the order in which they are tried, which decides when a folder holds several. */
const KNOWN_MODELS: readonly KnownModel[] = [
  {
    backend: 'tensorflow',
    platform: 'tensorflow_graphdef',
    filename: 'model.graphdef',
    needsPlatform: true,
  },
  {
    backend: 'tensorflow',
    platform: 'tensorflow_savedmodel',
    filename: 'model.savedmodel',
    needsPlatform: true,
  },
  { backend: 'tensorrt', platform: 'tensorrt_plan', filename: 'model.plan' },
  { backend: 'onnxruntime', platform: 'onnxruntime_onnx', filename: 'model.onnx' },
  { backend: 'openvino', platform: '', filename: 'model.xml' },
  { backend: 'pytorch', platform: 'pytorch_libtorch', filename: 'model.pt' },
  { backend: 'python', platform: '', filename: 'model.py' },
];

/** An addition to Triton's rules: a model of the `javascript` backend is found by its file. */
const JAVASCRIPT_FILES = ['model.js', 'model.mjs', 'model.ts'];

/**
 * Fills in `name`, `backend`, `platform` and `defaultModelFilename` by the rules of Triton's core
 * (spec §3.2). What is written stays. Throws an INVALID_ARG InferError when no backend can be
 * determined.
 */
export function completeConfigNames(config: ModelConfig, facts: ModelFacts): ModelConfig {
  const named = { ...config, name: config.name || facts.directoryName };
  const known = KNOWN_MODELS.find((model) => recognizes(model, named, facts));
  if (known) return completeFromKnown(named, known);
  const { backend, platform, defaultModelFilename } = named;
  if (backend !== '' || platform !== '' || defaultModelFilename !== '') return named;
  const script = JAVASCRIPT_FILES.find((filename) => facts.versionEntries.includes(filename));
  if (script) return { ...named, backend: 'javascript', defaultModelFilename: script };
  return { ...named, ...namesFromDirectory(facts.directoryName) };
}

/** The files count only when neither platform nor file name is written. */
function recognizes(model: KnownModel, config: ModelConfig, facts: ModelFacts): boolean {
  const { backend, platform, defaultModelFilename } = config;
  if (backend !== '' && backend !== model.backend) return false;
  if (backend !== '' && !model.needsPlatform) return true;
  if (platform !== '' && platform === model.platform) return true;
  if (platform !== '' && model.needsPlatform) return false;
  if (defaultModelFilename !== '') return defaultModelFilename === model.filename;
  return platform === '' && facts.versionEntries.includes(model.filename);
}

function completeFromKnown(config: ModelConfig, model: KnownModel): ModelConfig {
  // A PyTorch model that its own Python code runs has no model file of a fixed name.
  const hasFile = !(model.backend === 'pytorch' && config.runtime === 'model.py');
  return {
    ...config,
    backend: model.backend,
    platform: config.platform || model.platform,
    defaultModelFilename: config.defaultModelFilename || (hasFile ? model.filename : ''),
  };
}

/** `resnet.identity` is a model of the backend `identity`, with the file `model.identity`. */
function namesFromDirectory(
  directoryName: string,
): Pick<ModelConfig, 'backend' | 'defaultModelFilename'> {
  const dot = directoryName.indexOf('.');
  if (dot < 0) {
    throw new InferError(
      'INVALID_ARG',
      `Invalid model name: Could not determine backend for model '${directoryName}' with no ` +
        "backend in model configuration. Expected model name of the form 'model.<backend_name>'.",
    );
  }
  const backend = directoryName.slice(dot + 1);
  return { backend, defaultModelFilename: `model.${backend}` };
}
