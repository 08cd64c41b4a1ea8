import type { Clock, InferError, InferenceRequest, InferenceResponse } from '@nereid/core';
import type { BodyMemory } from '@nereid/mapped-memory';
import {
  decodeResponse,
  type SharedTensorData,
  type StubResponse,
  type TensorSources,
} from './decode-response.js';
import { writeAnswer } from './encode-answer.js';
import { writeBatch } from './encode-batch.js';
import type { Frame } from './frame-reader.js';
import { InputPlacement, MIN_SHARED_TENSOR_BYTES } from './input-placement.js';
import { MemoryReturn } from './memory-return.js';
import type { OpenRequest, RunningBatch } from './running-batch.js';
import { SharedOutputs } from './shared-outputs.js';
import type { StubConnection } from './stub-connection.js';
import { SignatureDecoder, SignatureEncoder } from './tensor-signature.js';
import {
  DONE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  FROM_STUB,
  SHARED_HEADER_BYTES,
  TO_STUB,
} from './wire-format.js';

export interface BatchEnd {
  readonly id: number;
  /** When the model was called and when it returned, in nanoseconds of the system's clock. */
  readonly startNs: number;
  readonly endNs: number;
  readonly responses: readonly StubResponse[];
}

export interface StubLifeListener {
  done(end: BatchEnd): void;
  /** `costBytes` is what the stub reckons it as, until it is told that it was taken. */
  response(response: StubResponse, costBytes: number): void;
  /** What the model asks of the server meanwhile. */
  other(frame: Frame): void;
  /** `startedBatch` is the last batch that the model has seen. */
  ended(error: InferError, startedBatch: number): void;
}

export interface StubLifeOptions {
  readonly sharedMaxBytes: number;
  readonly sharedDefaultBytes: number;
  /** The model may ask to execute a request again. */
  readonly reschedules: boolean;
  readonly clock: Clock;
  /** For outputs that are read from the shared file. */
  readonly memory: BodyMemory;
}

const NS_PER_WORD = 0x1_0000_0000;

/** What passes between the server and one Python process from when its model is ready. */
export class StubLife {
  readonly connection: StubConnection;
  readonly inputs: InputPlacement;
  readonly outputs: SharedOutputs;
  readonly #options: StubLifeOptions;
  readonly #listener: StubLifeListener;
  readonly #encoder = new SignatureEncoder();
  readonly #sources: TensorSources;
  readonly #memoryReturn: MemoryReturn;
  /** Beyond it, outputs take more memory than is kept. */
  readonly #outputsKeptEnd: number;
  /** Output blocks that are free, and of which the stub has not been told. */
  #freed: number[] = [];
  #freedBytes = 0;
  #nextBatch = 1;
  /** Answers that go out when they have been written to the shared file. */
  #answers: Promise<void> | undefined;
  /** Frames that wait for the outputs of an earlier one to be read. */
  #backlog: Frame[] | undefined;

  constructor(connection: StubConnection, options: StubLifeOptions, listener: StubLifeListener) {
    this.connection = connection;
    this.inputs = new InputPlacement(connection.file, options.sharedMaxBytes, connection.arena);
    this.#options = options;
    this.outputs = new SharedOutputs({
      file: connection.file,
      memory: options.memory,
      freed: (position, sizeBytes) => this.#free(position, sizeBytes),
    });
    this.#sources = { signatures: new SignatureDecoder(), memory: this.outputs };
    this.#listener = listener;
    const { sharedMaxBytes, sharedDefaultBytes, clock } = options;
    this.#outputsKeptEnd = SHARED_HEADER_BYTES + sharedMaxBytes + sharedDefaultBytes;
    this.#memoryReturn = new MemoryReturn({
      clock,
      idle: () => this.inputs.empty,
      giveBack: () => {
        this.outputs.forgetViews();
        return this.inputs.pausedFor(() => connection.command('trim', {}));
      },
    });
    connection.listen({
      frame: (frame) => this.#receive(frame),
      ended: (error) => {
        this.#memoryReturn.close();
        this.inputs.close();
        listener.ended(error, connection.startedBatch);
      },
    });
  }

  /** Sends a batch; what is large in it first has to be written, so that it may go out later. */
  send(batch: RunningBatch): void {
    if (!batch.requests.some(hasLargeInputs)) {
      this.#write(batch);
      return;
    }
    const writes: { position: number; data: Uint8Array }[] = [];
    for (const open of batch.requests) {
      const { request } = open.pending;
      open.placement = this.inputs.place(request.inputs, writes, this.#isAlone(request));
    }
    this.#noteInputs();
    const written = this.inputs.write(writes);
    if (typeof written === 'boolean') this.#placed(batch, written);
    else void written.then((succeeded) => this.#placed(batch, succeeded));
  }

  /**
   * True when nobody else sees the inputs, so that the model may even change them. A model that
   * makes the request does, or other steps of an ensemble, a trace, and the model itself when it
   * executes the request again.
   */
  #isAlone({ callers, trace }: InferenceRequest): boolean {
    return !callers && !trace && !this.#options.reschedules;
  }

  cancel({ key }: OpenRequest): void {
    const { writer } = this.connection;
    writer.frame({ kind: TO_STUB.cancel, count: 1, id: key }, () => {});
    this.connection.scheduleFlush();
  }

  /** The client has taken so many bytes of a request's responses. */
  credit({ key }: OpenRequest, bytes: number): void {
    const { writer } = this.connection;
    writer.frame({ kind: TO_STUB.credit, count: 1, id: key, extra: bytes }, () => {});
    this.connection.scheduleFlush();
  }

  /**
   * Sends a response to a request that the model has made of another. Returns undefined when more
   * may follow, or a promise of that.
   */
  answer(
    id: number,
    response: Pick<InferenceResponse, 'outputs' | 'parameters' | 'final'>,
  ): Promise<void> | undefined {
    const writes: { position: number; data: Uint8Array }[] = [];
    const placement = this.inputs.place(response.outputs, writes, false);
    const write = (written: boolean) => {
      if (!written && placement) this.inputs.free(placement);
      const places = written ? placement : undefined;
      writeAnswer(this.connection.writer, { id, response, placement: places }, this.#encoder);
      this.connection.scheduleFlush();
    };
    if (placement) this.#noteInputs();
    const written = placement ? this.inputs.write(writes) : true;
    if (typeof written === 'boolean') this.afterAnswers(() => write(written));
    else
      this.#answers = (this.#answers ?? Promise.resolve()).then(async () => write(await written));
    return this.connection.drained();
  }

  /** Acts when all answers so far have gone out, at once as a rule. */
  afterAnswers(action: () => void): void {
    if (this.#answers === undefined) action();
    else this.#answers = this.#answers.then(action);
  }

  #placed(batch: RunningBatch, succeeded: boolean): void {
    // The batch is in other hands by now.
    if (this.connection.error) return;
    if (!succeeded) {
      for (const open of batch.requests) {
        if (open.placement) this.inputs.free(open.placement);
        open.placement = undefined;
      }
    }
    this.#write(batch);
  }

  #write(batch: RunningBatch): void {
    const { writer } = this.connection;
    if (this.#freed.length > 0) this.#tellFreed();
    batch.id = this.#nextBatch++;
    writeBatch(writer, batch, this.#encoder);
    this.connection.scheduleFlush();
  }

  #noteInputs(): void {
    if (this.inputs.usedExtentBytes > this.#options.sharedDefaultBytes) this.#memoryReturn.used();
  }

  #free(position: number, sizeBytes: number): void {
    if (this.connection.error) return;
    this.#freed.push(position);
    if (position + sizeBytes > this.#outputsKeptEnd) this.#memoryReturn.used();
    this.#freedBytes += sizeBytes;
    // Otherwise the next batch takes the news along.
    if (this.#freedBytes < this.#options.sharedDefaultBytes / 2) return;
    this.#tellFreed();
    this.connection.scheduleFlush();
  }

  #tellFreed(): void {
    const { writer } = this.connection;
    writer.frame({ kind: TO_STUB.free, count: this.#freed.length, id: 0 }, () => {
      for (const position of this.#freed) writer.appendUint64(position);
    });
    this.#freed = [];
    this.#freedBytes = 0;
  }

  #receive(frame: Frame): void {
    if (this.#backlog) this.#backlog.push(frame);
    else this.#handle(frame);
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case FROM_STUB.done:
        this.#done(frame);
        break;
      case FROM_STUB.response:
        this.#response(frame);
        break;
      case FROM_STUB.release:
        this.#release(frame);
        break;
      default:
        this.#listener.other(frame);
    }
  }

  #done(frame: Frame): void {
    const { bytes, start, count, id } = frame;
    const responses: StubResponse[] = [];
    const shared: SharedTensorData[] = [];
    let position = start + DONE_HEADER_BYTES;
    for (let index = 0; index < count; index++) {
      const response = decodeResponse(bytes, position, this.#sources);
      responses.push(response);
      if (response.shared) shared.push(...response.shared);
      position = response.end;
    }
    const end: BatchEnd = {
      id,
      startNs: readUint64(bytes, start),
      endNs: readUint64(bytes, start + 8),
      responses,
    };
    this.#afterReading(shared, () => this.#listener.done(end));
  }

  #response({ bytes, start, end }: Frame): void {
    const response = decodeResponse(bytes, start, this.#sources);
    const { shared = [] } = response;
    let costBytes = FRAME_HEADER_BYTES + end - start;
    for (const { data } of shared) costBytes += data.length;
    this.#afterReading(shared, () => this.#listener.response(response, costBytes));
  }

  #release({ bytes, start, count }: Frame): void {
    for (let index = 0; index < count; index++) {
      this.inputs.freeBlock(readUint64(bytes, start + index * 8));
    }
  }

  #afterReading(shared: readonly SharedTensorData[], action: () => void): void {
    const reading = shared.length === 0 ? undefined : this.outputs.fill(shared);
    if (!reading) {
      action();
      return;
    }
    this.hold(reading.then(action));
  }

  /** Frames wait until `task` has ended, so that they are handled in the order they came. */
  hold(task: Promise<void>): void {
    this.#backlog ??= [];
    const resume = () => {
      const backlog = this.#backlog ?? [];
      this.#backlog = undefined;
      for (const frame of backlog) this.#receive(frame);
    };
    task.then(resume, (error) => {
      this.connection.kill(`left outputs that cannot be read: ${String(error)}`);
      resume();
    });
  }
}

function hasLargeInputs({ pending }: OpenRequest): boolean {
  return pending.request.inputs.some(({ data }) => data.length >= MIN_SHARED_TENSOR_BYTES);
}

function readUint64(bytes: Buffer, position: number): number {
  return bytes.readUInt32LE(position) + bytes.readUInt32LE(position + 4) * NS_PER_WORD;
}
