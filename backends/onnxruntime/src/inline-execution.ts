import type { Clock, ComputeTimer, Logger, PendingRequest, Tensor } from '@nereid/core';
import type { ModelSignature } from '@nereid/model-config';
import type { InlineMode } from './inline-mode.js';
import { OnnxSession, toOutputs } from './onnx-session.js';
import type { OutputTensor, SessionInit } from './session-protocol.js';
import { ShapeSpeed } from './shape-speed.js';
import type { TurnBudget } from './turn-budget.js';

/** Where executions of some shapes run, and who is told how long they took. */
export type ExecutionPlace = Pick<ShapeSpeed, 'inline' | 'ranInThread' | 'ranInline'>;

/** Combinations of shapes that are remembered; those that come later run on the thread. */
const MAX_SHAPES = 256;

const ALWAYS_INLINE: ExecutionPlace = {
  inline: true,
  ranInThread: () => false,
  ranInline: () => false,
};

export interface InlineExecutionOptions {
  readonly mode: Exclude<InlineMode, 'never'>;
  readonly init: SessionInit;
  readonly signature: ModelSignature;
  readonly batching: boolean;
  readonly budget: TurnBudget;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface InlineRun {
  readonly inputs: readonly Tensor[];
  readonly fetches: readonly string[];
  readonly timer: ComputeTimer;
  readonly placement: ExecutionPlace;
}

/**
 * Executions of one model on the calling thread, for those that take less time than a thread would
 * cost. All instances share the session, since only one execution runs at a time.
 */
export class InlineExecution {
  readonly #options: InlineExecutionOptions;
  readonly #speeds = new Map<string, ShapeSpeed>();
  #session: OnnxSession | undefined;

  constructor(options: InlineExecutionOptions) {
    this.#options = options;
    if (options.mode === 'always') this.#open();
  }

  /** Undefined for a batch that runs on the instance's thread without being measured. */
  placementOf(batch: readonly PendingRequest[]): ExecutionPlace | undefined {
    if (this.#options.mode === 'always') return ALWAYS_INLINE;
    const key = shapesKey(batch, this.#options.batching);
    const known = this.#speeds.get(key);
    if (known || this.#speeds.size >= MAX_SHAPES) return known;
    const speed = new ShapeSpeed();
    this.#speeds.set(key, speed);
    return speed;
  }

  /** Called after an execution on the instance's thread. */
  ranInThread(
    placement: ExecutionPlace,
    batch: readonly PendingRequest[],
    durationNs: number,
  ): void {
    if (!placement.ranInThread(durationNs)) return;
    this.#open();
    this.#tell(batch, 'on the main thread');
  }

  /** Other work of the calling thread gets its turn first if it has waited for long. */
  get mustYield(): boolean {
    return this.#options.budget.exhausted;
  }

  yield(): Promise<void> {
    return this.#options.budget.nextTurn();
  }

  /** Throws an InferError when the model fails. */
  run(batch: readonly PendingRequest[], execution: InlineRun): readonly OutputTensor[] {
    const { inputs, fetches, timer, placement } = execution;
    const { clock, budget } = this.#options;
    const session = this.#open();
    const feeds = session.prepare(inputs);
    const startNs = clock.nowNs();
    timer.inputEnd(startNs);
    const results = session.compute(feeds, fetches);
    const endNs = clock.nowNs();
    timer.outputStart(endNs);
    budget.spend(startNs, endNs);
    if (placement.ranInline(endNs - startNs)) this.#tell(batch, 'on their thread');
    return toOutputs(results, fetches);
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #open(): OnnxSession {
    this.#session ??= OnnxSession.reopen(this.#options.init, this.#options.signature);
    return this.#session;
  }

  #tell(batch: readonly PendingRequest[], where: string): void {
    const { init, logger, batching } = this.#options;
    const shapes = shapesKey(batch, batching);
    logger.verbose(
      1,
      `model '${init.modelName}': executions of ${shapes} run ${where} from now on`,
    );
  }
}

/**
 * Names the shapes of a batch. The number of rows is rounded up to a power of two: so many shapes
 * are one, and no execution has more than twice the rows of one that was measured.
 */
function shapesKey(batch: readonly PendingRequest[], batching: boolean): string {
  let rows = 0;
  for (const { batchSize } of batch) rows += batchSize;
  let key = batching ? `${2 ** Math.ceil(Math.log2(rows))}` : '';
  for (const { name, shape } of batch[0]?.request.inputs ?? []) {
    key += ` ${name}[`;
    for (let index = batching ? 1 : 0; index < shape.length; index++) key += `${shape[index]},`;
    key += ']';
  }
  return key;
}
