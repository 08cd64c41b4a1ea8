import { type BodyAllocator, BodyBuffer } from './body-buffer.js';
import type { ByteBudget } from './byte-budget.js';
import { ChunkedDecoder } from './chunked-decoder.js';
import { type HeadCache, NOT_KEPT } from './head-cache.js';
import type { HttpLimits } from './http-limits.js';
import { type Refusal, refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';

export interface ReaderServices {
  readonly limits: HttpLimits;
  readonly heads: HeadCache;
  readonly budget: ByteBudget;
  readonly allocator: BodyAllocator;
  /** Milliseconds, as of the last look at the clock. */
  readonly nowMs: number;
}

/** What a RequestReader finds. After `complete` and `refused` it takes nothing before `next`. */
export interface ReaderEvents {
  head(head: RequestHead): void;
  /** The client waits for a word before it sends the body. */
  expectsContinue(): void;
  /** The whole request has arrived; its body has to be released. */
  complete(body: BodyBuffer | undefined): void;
  refused(reason: Refusal): void;
}

/** `idle`: nothing of a request has come. `full`: a request waits for its answer. */
type State = 'idle' | 'head' | 'body' | 'full';

const HEAD_END = Buffer.from('\r\n\r\n');
const VERSION = / HTTP\/\d/;
const CR = 0x0d;
const LF = 0x0a;

/** Finds one request after the other in the bytes of a connection. */
export class RequestReader {
  readonly #services: ReaderServices;
  readonly #events: ReaderEvents;
  #state: State = 'idle';
  #deadlineMs: number;
  /** Of the head that came last, in the cache. */
  #headNumber = NOT_KEPT;
  /** Where the search for the end of a head goes on. */
  #searchedBytes = 0;
  #body: BodyBuffer | undefined;
  /** Of a body without chunks. */
  #bodySizeBytes = 0;
  #chunks: ChunkedDecoder | undefined;
  /** What the body had at the last check of its progress. */
  #checkedBodyBytes = 0;

  constructor(services: ReaderServices, events: ReaderEvents) {
    this.#services = services;
    this.#events = events;
    this.#deadlineMs = services.nowMs + services.limits.idleTimeoutMs;
  }

  get idle(): boolean {
    return this.#state === 'idle';
  }

  /** Memory for bytes of a large body that are still to come. */
  directTarget(): Buffer | undefined {
    if (this.#state !== 'body' || this.#chunks) return undefined;
    return this.#body?.directTarget();
  }

  /** So many bytes lie in the direct target. */
  arrived(length: number): void {
    const body = this.#body;
    // Since the target was handed out, the request may have been refused.
    if (!body || this.#state !== 'body') return;
    if (!body.arrived(length)) this.#refuse(bodyBudgetRefusal());
    else if (body.receivedBytes === this.#bodySizeBytes) this.#complete();
  }

  /**
   * Takes bytes until they end, or a request is found. Returns how many of them it does not have to
   * see again; the others are to be given again, with what follows them.
   */
  read(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      if (this.#state === 'idle') at = skipEmptyLines(bytes, at);
      if (at === bytes.length || this.#state === 'full') return at;
      const next = this.#state === 'body' ? this.#takeBody(bytes, at) : this.#takeHead(bytes, at);
      if (next < 0) return at;
      at = next;
    }
  }

  /** The request that was found is answered: the next one may follow. */
  next(): void {
    this.#state = 'idle';
    this.#deadlineMs = this.#services.nowMs + this.#services.limits.idleTimeoutMs;
  }

  /** Nothing will be read any more. */
  close(): void {
    this.#state = 'full';
    this.#dropBody();
  }

  /** Refuses what takes too long. Returns false when the connection has been idle for too long. */
  check(): boolean {
    if (this.#state === 'full' || this.#services.nowMs < this.#deadlineMs) return true;
    if (this.#state === 'idle') return false;
    if (this.#state === 'body') this.#checkBody();
    else this.#refuse(refusal(408, 'the head of the request did not come to its end'));
    return true;
  }

  /** Returns where the next step begins; negative when the head goes on in bytes to come. */
  #takeHead(bytes: Buffer, start: number): number {
    if (this.#state === 'idle') {
      const known = this.#services.heads.repeated(this.#headNumber, bytes, start);
      if (known) {
        const end = start + known.bytes.length;
        this.#begin(known.head, end < bytes.length);
        return end;
      }
      // What may become an empty line is not the beginning of a head.
      if (bytes[start] === CR && start === bytes.length - 1) return -1;
      if (!beginsMethod(bytes[start])) {
        this.#refuse({ ...refusal(400, 'this is not HTTP'), alien: true });
        return bytes.length;
      }
      this.#state = 'head';
      this.#searchedBytes = 0;
      this.#deadlineMs = this.#services.nowMs + this.#services.limits.headTimeoutMs;
    }
    const end = bytes.indexOf(HEAD_END, start + this.#searchedBytes);
    const length = (end < 0 ? bytes.length : end) - start;
    if (length > this.#services.limits.maxHeadBytes) {
      this.#refuse(refusal(431, 'the head of the request is too long'));
    } else if (end >= 0) {
      const found = this.#services.heads.parse(bytes.toString('latin1', start, end));
      this.#headNumber = found.number;
      this.#begin(found.head, end + HEAD_END.length < bytes.length);
      return end + HEAD_END.length;
    } else if (!canBeHead(bytes, start, this.#searchedBytes)) {
      // Its lines are not to be trusted, but whether it means to be HTTP shows in the first one.
      const [line = ''] = bytes.toString('latin1', start).split('\n', 1);
      const alien = !VERSION.test(line);
      this.#refuse({ ...refusal(400, 'a line ends without CR LF'), alien });
    } else {
      this.#searchedBytes = Math.max(0, length - HEAD_END.length + 1);
      return -1;
    }
    return bytes.length;
  }

  /** The head is complete; `moreBytes` tells whether something of the body has come already. */
  #begin(head: RequestHead | Refusal, moreBytes: boolean): void {
    if ('status' in head) {
      this.#refuse(head);
      return;
    }
    const { framing } = head;
    this.#state = 'body';
    this.#events.head(head);
    // Whoever is told of the head may have ended the connection.
    if (this.#state !== 'body') return;
    if (framing.kind === 'length' && framing.sizeBytes === 0) {
      this.#complete();
    } else if (
      framing.kind === 'length' &&
      framing.sizeBytes > this.#services.limits.maxBodyBytes
    ) {
      this.#refuse(refusal(413, 'the body is too large'));
    } else {
      this.#beginBody(framing);
      if (head.expectsContinue && !moreBytes) this.#events.expectsContinue();
    }
  }

  #beginBody(framing: RequestHead['framing']): void {
    const { limits, budget, allocator, nowMs } = this.#services;
    const { maxPledgedBytes, bodyProgressIntervalMs } = limits;
    const sizeBytes = framing.kind === 'length' ? framing.sizeBytes : undefined;
    const body = new BodyBuffer({ sizeBytes, maxPledgedBytes, budget, allocator });
    this.#body = body;
    this.#bodySizeBytes = sizeBytes ?? 0;
    if (sizeBytes === undefined) this.#chunks = new ChunkedDecoder(body, limits);
    this.#checkedBodyBytes = 0;
    // A body has one whole interval before the first judgement.
    this.#deadlineMs = nowMs + 2 * bodyProgressIntervalMs;
  }

  #takeBody(bytes: Buffer, start: number): number {
    const body = this.#body;
    if (!body) return bytes.length;
    if (this.#chunks) return this.#takeChunks(this.#chunks, bytes, start);
    const end = Math.min(bytes.length, start + this.#bodySizeBytes - body.receivedBytes);
    if (!body.append(bytes, start, end)) this.#refuse(bodyBudgetRefusal());
    else if (body.receivedBytes === this.#bodySizeBytes) this.#complete();
    return end;
  }

  #takeChunks(chunks: ChunkedDecoder, bytes: Buffer, start: number): number {
    const next = chunks.decode(bytes, start);
    if (typeof next !== 'number') {
      this.#refuse(next);
      return bytes.length;
    }
    if (chunks.done) this.#complete();
    return next;
  }

  #checkBody(): void {
    const { limits, nowMs } = this.#services;
    const receivedBytes = this.#body?.receivedBytes ?? 0;
    if (receivedBytes - this.#checkedBodyBytes < limits.minBodyProgressBytes) {
      this.#refuse(refusal(408, 'the body of the request trickles'));
      return;
    }
    this.#checkedBodyBytes = receivedBytes;
    this.#deadlineMs = nowMs + limits.bodyProgressIntervalMs;
  }

  #complete(): void {
    const body = this.#body;
    this.#state = 'full';
    this.#body = undefined;
    this.#chunks = undefined;
    this.#events.complete(body);
  }

  #refuse(reason: Refusal): void {
    this.#state = 'full';
    this.#dropBody();
    this.#events.refused(reason);
  }

  #dropBody(): void {
    this.#body?.release();
    this.#body = undefined;
    this.#chunks = undefined;
  }
}

function bodyBudgetRefusal(): Refusal {
  return refusal(503, 'request bodies take all the memory set aside for them');
}

/** RFC 9112 (2.2): empty lines in front of a request are skipped. */
function skipEmptyLines(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}

/** The first byte of most other protocols is no visible character. */
function beginsMethod(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f;
}

/** False for the beginning of a head in which a line feed comes without a carriage return. */
function canBeHead(bytes: Buffer, start: number, searchedBytes: number): boolean {
  let at = bytes.indexOf(LF, start + searchedBytes);
  while (at >= 0) {
    if (bytes[at - 1] !== CR || at === start) return false;
    at = bytes.indexOf(LF, at + 1);
  }
  return true;
}
