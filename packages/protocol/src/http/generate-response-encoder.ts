import { elementCount, type InferenceResponse, type Tensor } from '@nereid/core';
import { quoteText } from './json-text.js';
import { JsonWriter } from './json-writer.js';
import { parameterText } from './parameter-text.js';
import { TensorDataWriter } from './tensor-json.js';

/** How a response is framed: as a body of its own, or as an event of a stream. */
export type GenerateFraming = 'body' | 'event';

const EVENT_START = 'data: ';
const EVENT_END = '\n\n';

/**
 * Encodes a response as one flat JSON object (spec §1.5), its members in alphabetical order, step
 * by step like InferResponseEncoder.
 */
export class GenerateResponseEncoder {
  readonly #members: readonly (readonly [string, string | Tensor])[];
  readonly #framing: GenerateFraming;
  readonly #writer = new JsonWriter();
  #nextMember = 0;
  #dataWriter: TensorDataWriter | undefined;

  constructor(response: InferenceResponse, framing: GenerateFraming) {
    this.#members = membersOf(response);
    this.#framing = framing;
    this.#writer.append(framing === 'event' ? `${EVENT_START}{` : '{');
  }

  /**
   * Encodes a few thousand elements at most. Returns undefined until everything is encoded, and
   * then its bytes. Throws the InferError that the client is to see.
   */
  step(): readonly Uint8Array[] | undefined {
    if (this.#dataWriter !== undefined) {
      if (!this.#dataWriter.writePiece(this.#writer)) return undefined;
      this.#dataWriter = undefined;
    }
    for (;;) {
      const member = this.#members[this.#nextMember];
      if (member === undefined) return this.#finish();
      const separator = this.#nextMember === 0 ? '' : ',';
      this.#nextMember += 1;
      const [name, value] = member;
      this.#writer.append(`${separator}${quoteText(name)}:`);
      if (typeof value !== 'string') {
        this.#dataWriter = new TensorDataWriter(value, { bare: elementCount(value.shape) === 1 });
        return undefined;
      }
      this.#writer.append(value);
    }
  }

  #finish(): readonly Uint8Array[] {
    this.#writer.append(this.#framing === 'event' ? `}${EVENT_END}` : '}');
    return this.#writer.finish().chunks;
  }
}

/** An event of a stream that tells of an error. */
export function errorEvent(errorJson: string): Uint8Array {
  return Buffer.from(EVENT_START + errorJson + EVENT_END, 'utf8');
}

/** Names and JSON texts or tensors; where a name occurs twice, the first one counts. */
function membersOf(response: InferenceResponse): [string, string | Tensor][] {
  const { id, modelName, modelVersion, parameters, outputs } = response;
  const members = new Map<string, string | Tensor>();
  if (id !== '') members.set('id', quoteText(id));
  members.set('model_name', quoteText(modelName));
  members.set('model_version', `"${modelVersion}"`);
  for (const [name, value] of parameters) {
    if (!members.has(name)) members.set(name, parameterText(value));
  }
  for (const output of outputs) if (!members.has(output.name)) members.set(output.name, output);
  return [...members].sort(([one], [other]) => (one < other ? -1 : 1));
}
