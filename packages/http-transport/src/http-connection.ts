import type { Socket } from 'node:net';
import { formatAnswerHead, type HeaderFields } from './answer-head.js';
import { AnswerOutput } from './answer-output.js';
import type { BodyBuffer } from './body-buffer.js';
import { HeldBytes } from './held-bytes.js';
import {
  type AnswerCarrier,
  type AnswerWriter,
  HttpExchange,
  type WholeAnswer,
} from './http-exchange.js';
import type { SocketReader } from './read-socket.js';
import type { Refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';
import { type ReaderEvents, type ReaderServices, RequestReader } from './request-reader.js';
import { StreamedAnswer } from './streamed-answer.js';
import type { WriteTurn } from './write-turn.js';

/** What answers requests. */
export interface HttpHandler<Context> {
  /** The head has arrived; what this returns is the context of the exchange from now on. */
  received?(exchange: HttpExchange<Context>): Context;
  /** The whole request has arrived. */
  handle(exchange: HttpExchange<Context>): void;
  /** Answers a request that the server refuses; the connection is closed afterwards. */
  refuse?(exchange: HttpExchange<Context>, refusal: Refusal): void;
  /** The answer to what is not even a request. */
  errorAnswer?(refusal: Refusal): Omit<WholeAnswer, 'status'>;
}

/** What all connections of a server share. */
export interface ConnectionServices<Context> extends ReaderServices {
  readonly handler: HttpHandler<Context>;
  readonly turn: WriteTurn;
  /** No request is to follow the present ones. */
  readonly closing: boolean;
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** One client's connection: requests are read and answered one after the other. */
export class HttpConnection<Context> implements AnswerCarrier, ReaderEvents, SocketReader {
  readonly #socket: Socket;
  readonly #services: ConnectionServices<Context>;
  readonly #output: AnswerOutput;
  readonly #reader: RequestReader;
  /** What followed a request that is not answered yet, or the beginning of a head. */
  readonly #held = new HeldBytes();
  #exchange: HttpExchange<Context> | undefined;
  /** Of the request that is being answered. */
  #body: BodyBuffer | undefined;
  /** `lingering`: the last answer is on its way, and what comes is thrown away. */
  #state: 'open' | 'lingering' | 'closed' = 'open';
  #lingerUntilMs = 0;
  #reading = false;
  #paused = false;
  #lastRequest = false;

  constructor(socket: Socket, services: ConnectionServices<Context>) {
    this.#socket = socket;
    this.#services = services;
    this.#output = new AnswerOutput(socket, { ...services.limits, turn: services.turn });
    this.#reader = new RequestReader(services, this);
    socket.on('end', () => this.#ended());
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  directTarget(): Buffer | undefined {
    return this.#reader.directTarget();
  }

  arrived(length: number): void {
    this.#reader.arrived(length);
  }

  receive(bytes: Buffer): void {
    if (this.#state !== 'open') return;
    if (this.#held.length === 0) {
      const taken = this.#read(bytes);
      if (taken < bytes.length) this.#holdBack(bytes.subarray(taken));
      return;
    }
    this.#holdBack(bytes);
    this.#readHeld();
  }

  /** Called about once a second: ends what has waited for too long. */
  check(): void {
    const late = this.#state === 'lingering' && this.#services.nowMs >= this.#lingerUntilMs;
    if (late || !this.#reader.check()) this.#socket.destroy();
  }

  /** Lets the request under way be answered, and closes the connection then. */
  finish(): void {
    this.#lastRequest = true;
    if (!this.#reader.idle) return;
    this.#output.flush();
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  head(head: RequestHead): void {
    const exchange = new HttpExchange<Context>(head, this);
    this.#exchange = exchange;
    exchange.context = this.#services.handler.received?.(exchange);
  }

  expectsContinue(): void {
    this.#output.write(CONTINUE, []);
  }

  complete(body: BodyBuffer | undefined): void {
    const exchange = this.#exchange;
    if (!exchange) {
      body?.release();
      return;
    }
    this.#body = body;
    if (body) exchange.body = body.bytes;
    this.#services.handler.handle(exchange);
  }

  refused(reason: Refusal): void {
    this.#lastRequest = true;
    if (reason.alien) {
      this.#gone();
      return;
    }
    const exchange = this.#exchange;
    const { handler } = this.#services;
    if (exchange && handler.refuse) {
      handler.refuse(exchange, reason);
      return;
    }
    const { fields, chunks } = handler.errorAnswer?.(reason) ?? { fields: [], chunks: [] };
    (exchange ?? new HttpExchange(UNKNOWN_HEAD, this)).respond(reason.status, fields, chunks);
  }

  answer({ head }: HttpExchange, { status, fields, chunks }: WholeAnswer): void {
    const bodyless = status === 204 || status === 304;
    let sizeBytes = 0;
    for (const chunk of chunks) sizeBytes += chunk.length;
    const text = formatAnswerHead({
      status,
      fields,
      framing: bodyless ? 'none' : sizeBytes,
      keepAlive: this.#keepAlive(head),
      minorVersion: head.minorVersion,
    });
    this.#output.write(text, bodyless || head.method === 'HEAD' ? [] : chunks);
    this.#answered();
  }

  stream(exchange: HttpExchange, status: number, fields: HeaderFields): AnswerWriter {
    const { method, minorVersion } = exchange.head;
    const framing = minorVersion === 1 ? 'chunked' : 'close';
    if (framing === 'close') this.#lastRequest = true;
    const keepAlive = this.#keepAlive(exchange.head);
    return new StreamedAnswer({
      output: this.#output,
      head: formatAnswerHead({ status, fields, framing, keepAlive, minorVersion }),
      framing: method === 'HEAD' ? 'none' : framing,
      isOpen: () => this.#exchange === exchange,
      ended: () => this.#answered(),
    });
  }

  discard(body: Uint8Array): void {
    this.#services.allocator.giveBack(body);
  }

  #read(bytes: Buffer): number {
    this.#reading = true;
    const taken = this.#reader.read(bytes);
    this.#reading = false;
    return this.#state === 'open' ? taken : bytes.length;
  }

  #readHeld(): void {
    this.#held.drop(this.#read(this.#held.bytes));
  }

  #holdBack(bytes: Buffer): void {
    this.#held.append(bytes);
    if (this.#held.length <= this.#services.limits.maxPipelinedBytes) return;
    if (!this.#exchange || this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #keepAlive(head: RequestHead): boolean {
    if (!head.keepAlive || this.#services.closing) this.#lastRequest = true;
    return !this.#lastRequest;
  }

  /** All of the answer has been given to the output. */
  #answered(): void {
    const exchange = this.#exchange;
    const body = this.#body;
    this.#exchange = undefined;
    this.#body = undefined;
    // Views of the body may be part of the answer: it is held until the system has that.
    if (body || exchange?.onSettled) {
      this.#output.written(() => {
        body?.release();
        exchange?.settle();
      });
    }
    if (this.#lastRequest) this.#linger();
    else this.#next();
  }

  #next(): void {
    this.#reader.next();
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
    // While bytes are read, the loop that reads them goes on; here the stack would grow with each
    // request.
    if (!this.#reading && this.#held.length > 0) this.#readHeld();
  }

  /**
   * Closing at once while bytes of the client are on their way would make its system throw away the
   * answer; so they are read, and dropped, for a while.
   */
  #linger(): void {
    this.#state = 'lingering';
    this.#reader.close();
    this.#held.drop(this.#held.length);
    this.#lingerUntilMs = this.#services.nowMs + this.#services.limits.lingerMs;
    this.#output.flush();
    this.#socket.end();
    if (this.#paused) this.#socket.resume();
  }

  /**
   * The client sends no more, and nobody can tell whether it still listens: a request under way
   * counts as abandoned. What has been answered still goes out.
   */
  #ended(): void {
    if (this.#exchange) this.#gone();
    else if (this.#state === 'open') this.#linger();
  }

  #gone(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#reader.close();
    this.#body?.release();
    this.#body = undefined;
    this.#held.drop(this.#held.length);
    // Answers of this turn may wait for its end.
    this.#output.flush();
    this.#socket.destroy();
    exchange?.abort();
  }
}

const UNKNOWN_HEAD: RequestHead = {
  method: '',
  target: '',
  minorVersion: 1,
  fields: [],
  values: new Map(),
  framing: { kind: 'length', sizeBytes: 0 },
  keepAlive: false,
  expectsContinue: false,
};
