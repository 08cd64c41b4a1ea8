import { InferError, type ModelConfig } from '@nereid/core';
import type { SessionOptions } from './session-protocol.js';

/**
 * Parameters that concern CUDA only; a session on the CPU has no use for them, here as in Triton.
 */
const GPU_PARAMETERS: ReadonlySet<string> = new Set([
  'cudnn_conv_algo_search',
  'gpu_mem_limit',
  'arena_extend_strategy',
  'do_copy_in_default_stream',
]);

/** Where executions run; see inlineMode. */
export const EXECUTE_INLINE = 'execute_inline';

const CONFIG_ENTRY = /^(session|optimization|ep|mlas)\./;

interface ConfiguredSession {
  readonly options: SessionOptions;
  /** Parameters that have no effect, for the log. */
  readonly ignored: readonly string[];
}

/**
 * The session that a configuration asks for: its parameters and its graph optimization level (spec
 * §8.4). `threadCount` is the instance's share of the cores, used unless the configuration says
 * otherwise. Throws INVALID_ARG for a value that makes no sense, UNSUPPORTED for what
 * onnxruntime-node cannot do.
 */
export function configureSession(config: ModelConfig, threadCount: number): ConfiguredSession {
  refuseUnsupported(config);
  const value = (name: string) => config.parameters[name]?.stringValue;
  const integer = (name: string) => parseInteger(config.name, name, value(name));
  const flag = (name: string) => parseFlag(config.name, name, value(name));
  const interOpNumThreads = integer('inter_op_thread_count');
  const isParallel = flag('execution_mode');
  const enableCpuMemArena = flag('enable_mem_arena');
  const enableMemPattern = flag('enable_mem_pattern');
  const { extra, ignored } = configEntries(config);
  const options: SessionOptions = {
    intraOpNumThreads: integer('intra_op_thread_count') ?? threadCount,
    graphOptimizationLevel: graphOptimizationLevel(config),
    ...(interOpNumThreads !== undefined && { interOpNumThreads }),
    ...(isParallel !== undefined && { executionMode: isParallel ? 'parallel' : 'sequential' }),
    ...(enableCpuMemArena !== undefined && { enableCpuMemArena }),
    ...(enableMemPattern !== undefined && { enableMemPattern }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
  return { options, ignored };
}

const KNOWN_PARAMETERS: ReadonlySet<string> = new Set([
  'intra_op_thread_count',
  'inter_op_thread_count',
  'execution_mode',
  'enable_mem_arena',
  'enable_mem_pattern',
  EXECUTE_INLINE,
]);

function configEntries({ parameters }: ModelConfig) {
  const unknown = Object.keys(parameters).filter((name) => !KNOWN_PARAMETERS.has(name));
  const entries = unknown.filter((name) => CONFIG_ENTRY.test(name));
  const extra = Object.fromEntries(entries.map((name) => [name, parameters[name]?.stringValue]));
  const ignored = unknown.filter((name) => !CONFIG_ENTRY.test(name) && !GPU_PARAMETERS.has(name));
  return { extra, ignored };
}

function graphOptimizationLevel({ optimization }: ModelConfig) {
  const level = optimization?.graph?.level ?? 0;
  if (level === -1) return 'basic';
  return level === 1 ? 'extended' : 'all';
}

function refuseUnsupported(config: ModelConfig): void {
  const accelerator = config.optimization?.executionAccelerators?.cpuExecutionAccelerator[0];
  const optional = config.input.find((input) => input.optional);
  const reasons: readonly (string | false | undefined)[] = [
    accelerator && `execution accelerator '${accelerator.name}' is not available on the CPU`,
    config.modelOperations?.opLibraryFilename.length && 'custom operations cannot be registered',
    optional && `input '${optional.name}' cannot be optional`,
  ].map((reason) => (reason ? String(reason) : undefined));
  const reason = reasons.find((candidate) => candidate);
  if (!reason) return;
  throw new InferError(
    'UNSUPPORTED',
    `unable to load model '${config.name}' with the onnxruntime backend: ${reason}`,
  );
}

function parseInteger(modelName: string, name: string, text: string | undefined) {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw invalidParameter(modelName, name, `a number of threads, got '${text}'`);
}

function parseFlag(modelName: string, name: string, text: string | undefined) {
  if (text === undefined) return undefined;
  if (text === '0' || text === '1') return text === '1';
  throw invalidParameter(modelName, name, `0 or 1, got '${text}'`);
}

function invalidParameter(modelName: string, name: string, expected: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `unable to load model '${modelName}': the parameter ${name} must be ${expected}`,
  );
}
