import {
  BatchTensors,
  type CallAhead,
  gatherBatch,
  InstanceThread,
  type InstanceThreadOptions,
  packBatch,
  respondBatch,
  unpackTensors,
} from '@nereid/backend-kit';
import {
  type ComputeTimer,
  type ModelConfig,
  type ModelInstance,
  type PendingRequest,
  type Tensor,
  toInferError,
} from '@nereid/core';
import type { ModelSignature } from '@nereid/model-config';
import { checkSignature } from './check-signature.js';
import type { ExecutionPlace, InlineExecution } from './inline-execution.js';
import type { OutputTensor, SessionProtocol } from './session-protocol.js';

interface InstanceOptions {
  readonly thread: InstanceThreadOptions<SessionProtocol>;
  readonly config: ModelConfig;
  /** Undefined where all executions run on the instance's thread. Called once it runs. */
  inline(signature: ModelSignature): InlineExecution | undefined;
}

/** A batch that the thread has before it can begin with it. */
interface PreparedBatch {
  readonly batch: readonly PendingRequest[];
  readonly call: CallAhead<SessionProtocol['response']>;
}

interface InlineExecutionOfBatch {
  readonly inline: InlineExecution;
  readonly placement: ExecutionPlace;
  readonly timer: ComputeTimer;
}

/**
 * The server's side of one session: gathers a batch, sends it to the thread, or runs it at once if
 * that is shorter, and scatters the outputs.
 */
export class OnnxruntimeInstance implements ModelInstance {
  /** ONNX Runtime's outputs are memory of their own, also where the model does nothing. */
  readonly copiesInputs = true;
  readonly #thread: InstanceThread<SessionProtocol>;
  readonly #inline: InlineExecution | undefined;
  /** Requests that arrive together are to become batches. */
  readonly #joinsRequests: boolean;
  readonly #outputs: readonly string[];
  /** Outputs that the sequence batcher needs, whatever the client asks for. */
  readonly #states: ReadonlySet<string>;
  /** The configured shape of outputs that are scalars in the model. */
  readonly #scalarShapes: ReadonlyMap<string, readonly number[]>;

  /** For models whose batches are not simply joined and split by rows. */
  readonly #batchTensors: BatchTensors | undefined;
  /**
   * The buffer of the last batch, for the next one: large ones are dear to allocate and to collect.
   * An instance that is idle does not keep it.
   */
  #spare: WeakRef<ArrayBuffer> | undefined;
  #prepared: PreparedBatch | undefined;

  private constructor(
    thread: InstanceThread<SessionProtocol>,
    config: ModelConfig,
    inline: InlineExecution | undefined,
  ) {
    const states = config.sequenceBatching?.state.map(({ outputName }) => outputName) ?? [];
    this.#thread = thread;
    this.#inline = inline;
    this.#joinsRequests = config.dynamicBatching !== undefined;
    this.#batchTensors = BatchTensors.compile(config);
    this.#states = new Set(states);
    this.#outputs = [...new Set([...config.output.map(({ name }) => name), ...states])];
    this.#scalarShapes = new Map(
      config.output.map(({ name, dims, reshape }) => [name, reshape?.shape ?? dims] as const),
    );
  }

  /** Throws an InferError when the file is no model, or not the one that is configured. */
  static async create(options: InstanceOptions): Promise<OnnxruntimeInstance> {
    const { config } = options;
    const thread = await InstanceThread.start(options.thread);
    try {
      if (thread.started) checkSignature(config, thread.started);
      const inline = thread.started && options.inline(thread.started);
      return new OnnxruntimeInstance(thread, config, inline);
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  get ready(): boolean {
    return this.#thread.ready;
  }

  execute(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> | undefined {
    const inline = this.#inline;
    const placement = inline?.placementOf(batch);
    const prepared = this.#prepared?.batch === batch;
    if (prepared || !inline || !placement?.inline) {
      return this.#executeInThread(batch, timer, placement);
    }
    const execution = { inline, placement, timer };
    if (inline.mustYield) return inline.yield().then(() => this.#executeInline(batch, execution));
    this.#executeInline(batch, execution);
    return this.#joinsRequests ? endOfTurn() : undefined;
  }

  /** Joins the batch while the model runs, and leaves it with the thread, which need not wait. */
  prepare(batch: readonly PendingRequest[]): (() => boolean) | undefined {
    if (this.#prepared || this.#inline?.placementOf(batch)?.inline) return undefined;
    const call = this.#callAhead(batch);
    if (!call) return undefined;
    this.#prepared = { batch, call };
    return () => {
      const taken = call.takeBack();
      if (taken) this.#prepared = undefined;
      return taken;
    };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  #executeInline(
    batch: readonly PendingRequest[],
    { inline, placement, timer }: InlineExecutionOfBatch,
  ): void {
    try {
      const inputs = this.#gather(batch);
      const fetches = this.#fetches(batch);
      this.#respond(batch, inline.run(batch, { inputs, fetches, timer, placement }));
    } catch (error) {
      fail(batch, error);
    }
  }

  async #executeInThread(
    batch: readonly PendingRequest[],
    timer: ComputeTimer,
    placement: ExecutionPlace | undefined,
  ): Promise<void> {
    try {
      const { outputs, inputEndNs, outputStartNs } = await this.#callThread(batch);
      timer.inputEnd(inputEndNs);
      timer.outputStart(outputStartNs);
      this.#respond(batch, outputs);
      if (placement) this.#inline?.ranInThread(placement, batch, outputStartNs - inputEndNs);
    } catch (error) {
      fail(batch, error);
      // The batch is answered by now, but a thread that died takes no other before it runs again.
      await this.#thread.recovered();
    }
  }

  async #callThread(batch: readonly PendingRequest[]): Promise<SessionProtocol['response']> {
    const prepared = this.#prepared?.batch === batch ? this.#prepared.call : undefined;
    if (prepared) this.#prepared = undefined;
    const response = (await prepared?.response) ?? (await this.#callNow(batch));
    this.#spare = new WeakRef(response.buffer);
    return response;
  }

  #callNow(batch: readonly PendingRequest[]): Promise<SessionProtocol['response']> {
    const request = this.#pack(batch);
    return this.#thread.call(request, [request.buffer]);
  }

  #callAhead(batch: readonly PendingRequest[]): PreparedBatch['call'] | undefined {
    try {
      const request = this.#pack(batch);
      return this.#thread.callAhead(request, [request.buffer]);
    } catch {
      // One that cannot be joined fails when it executes.
      return undefined;
    }
  }

  #pack(batch: readonly PendingRequest[]): SessionProtocol['request'] {
    const spare = this.#spare?.deref();
    this.#spare = undefined;
    const { buffer, slots } = this.#batchTensors?.pack(batch, spare) ?? packBatch(batch, spare);
    return { buffer, slots, fetches: this.#fetches(batch) };
  }

  #gather(batch: readonly PendingRequest[]): readonly Tensor[] {
    if (this.#batchTensors) return unpackTensors(this.#batchTensors.pack(batch));
    return gatherBatch(batch);
  }

  #respond(batch: readonly PendingRequest[], outputs: readonly OutputTensor[]): void {
    const tensors = outputs.map((output) => this.#toTensor(output));
    if (this.#batchTensors) this.#batchTensors.respond(batch, tensors, this.#states);
    else respondBatch(batch, tensors, this.#states);
  }

  /** Outputs that nobody in the batch asks for need not be copied out of ONNX Runtime. */
  #fetches(batch: readonly PendingRequest[]): readonly string[] {
    if (batch.some(({ request }) => request.requestedOutputs.length === 0)) return this.#outputs;
    const wanted = batch.flatMap(({ request }) => request.requestedOutputs);
    return this.#outputs.filter(
      (name) => this.#states.has(name) || wanted.some((output) => output.name === name),
    );
  }

  #toTensor({ name, datatype, shape, data }: OutputTensor): Tensor {
    const configured = shape.length === 0 ? this.#scalarShapes.get(name) : undefined;
    return { name, datatype, shape: configured ?? shape, data: new Uint8Array(data) };
  }
}

function fail(batch: readonly PendingRequest[], error: unknown): void {
  const failure = toInferError(error);
  for (const pending of batch) pending.finish(failure);
}

/** What has arrived by now has been read by then, and waits in the queue. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
