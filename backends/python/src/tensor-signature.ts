import type { RequestedOutput, Tensor } from '@nereid/core';
import { aligned, datatypeCode, datatypeOfCode } from './wire-format.js';

/** What a frame says of tensors apart from their data; alike for most requests of a model. */
interface SignatureTensor {
  readonly name: string;
  readonly datatype: Tensor['datatype'];
  readonly shape: readonly number[];
  readonly sizeBytes: number;
  /** The data lies in the shared file, not in the frame. */
  readonly shared: boolean;
}

export interface SignatureContent {
  readonly tensors: readonly Tensor[];
  readonly requested: readonly RequestedOutput[];
  /** For each tensor where its data lies in the shared file; undefined for one in the frame. */
  readonly shared?: readonly (number | undefined)[] | undefined;
}

interface Signature {
  readonly tensors: readonly SignatureTensor[];
  /** The outputs that are asked for; none asks for all. */
  readonly requested: readonly string[];
}

interface KnownSignature extends Signature {
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
const TENSOR_BYTES = 16;
const MAX_KNOWN = 8;

/** Encodes signatures, and remembers the last few: comparing is cheaper than encoding. */
export class SignatureEncoder {
  readonly #known: KnownSignature[] = [];

  encode(content: SignatureContent): Uint8Array {
    for (const known of this.#known) if (matches(known, content)) return known.bytes;
    const { tensors, requested, shared } = content;
    const described = tensors.map(({ name, datatype, shape, data }, index) => ({
      name,
      datatype,
      shape: [...shape],
      sizeBytes: data.length,
      shared: shared?.[index] !== undefined,
    }));
    const names = requested.map(({ name }) => name);
    const bytes = encodeSignature(described, names);
    if (this.#known.length >= MAX_KNOWN) this.#known.pop();
    this.#known.unshift({ tensors: described, requested: names, bytes });
    return bytes;
  }
}

/** Decodes signatures, and remembers the last one. */
export class SignatureDecoder {
  #bytes: Buffer = Buffer.alloc(0);
  #signature: Signature = { tensors: [], requested: [] };

  /** Throws an Error when the bytes are none. */
  decode(bytes: Buffer, start: number, end: number): Signature {
    const { length } = this.#bytes;
    if (length === end - start && this.#bytes.compare(bytes, start, end) === 0) {
      return this.#signature;
    }
    // A copy, since the chunk is not for keeping.
    this.#bytes = Buffer.from(bytes.subarray(start, end));
    this.#signature = decodeSignature(this.#bytes);
    return this.#signature;
  }
}

function matches(known: KnownSignature, content: SignatureContent): boolean {
  const { tensors, requested, shared } = content;
  if (known.tensors.length !== tensors.length) return false;
  if (known.requested.length !== requested.length) return false;
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    const description = known.tensors[i];
    if (!tensor || !description) return false;
    if (description.shared !== (shared?.[i] !== undefined)) return false;
    if (!describes(description, tensor)) return false;
  }
  for (let i = 0; i < requested.length; i++) {
    if (known.requested[i] !== requested[i]?.name) return false;
  }
  return true;
}

function describes(description: SignatureTensor, tensor: Tensor): boolean {
  const { shape } = tensor;
  if (description.sizeBytes !== tensor.data.length || description.name !== tensor.name) {
    return false;
  }
  if (description.datatype !== tensor.datatype || description.shape.length !== shape.length) {
    return false;
  }
  for (let i = 0; i < shape.length; i++) if (description.shape[i] !== shape[i]) return false;
  return true;
}

function encodeSignature(
  tensors: readonly SignatureTensor[],
  requested: readonly string[],
): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(tensors.length, 0);
  header.writeUInt16LE(requested.length, 2);
  const parts = [header, ...tensors.map(encodeTensor), ...requested.map(encodeName)];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat(parts, aligned(length));
}

function encodeTensor({ name, datatype, shape, sizeBytes, shared }: SignatureTensor): Buffer {
  const nameBytes = Buffer.from(name);
  const bytes = Buffer.alloc(TENSOR_BYTES + shape.length * 8 + aligned(nameBytes.length));
  bytes.writeUInt8(datatypeCode(datatype), 0);
  bytes.writeUInt8(shape.length, 1);
  bytes.writeUInt16LE(nameBytes.length, 2);
  bytes.writeUInt32LE(shared ? 1 : 0, 4);
  bytes.writeBigUInt64LE(BigInt(sizeBytes), 8);
  shape.forEach((dim, index) => {
    bytes.writeBigInt64LE(BigInt(dim), TENSOR_BYTES + index * 8);
  });
  nameBytes.copy(bytes, TENSOR_BYTES + shape.length * 8);
  return bytes;
}

function encodeName(name: string): Buffer {
  const nameBytes = Buffer.from(name);
  const bytes = Buffer.alloc(2 + nameBytes.length);
  bytes.writeUInt16LE(nameBytes.length, 0);
  nameBytes.copy(bytes, 2);
  return bytes;
}

function decodeSignature(bytes: Buffer): Signature {
  const tensors: SignatureTensor[] = [];
  const count = bytes.readUInt16LE(0);
  let position = HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const datatype = datatypeOfCode(bytes.readUInt8(position));
    if (!datatype) throw new Error(`unknown datatype ${bytes.readUInt8(position)}`);
    const rank = bytes.readUInt8(position + 1);
    const nameLength = bytes.readUInt16LE(position + 2);
    const shared = bytes.readUInt32LE(position + 4) !== 0;
    const sizeBytes = Number(bytes.readBigUInt64LE(position + 8));
    position += TENSOR_BYTES;
    const shape: number[] = [];
    for (let axis = 0; axis < rank; axis++, position += 8) {
      shape.push(Number(bytes.readBigInt64LE(position)));
    }
    const name = bytes.toString('utf8', position, position + nameLength);
    position += aligned(nameLength);
    tensors.push({ name, datatype, shape, sizeBytes, shared });
  }
  const requested: string[] = [];
  for (let left = bytes.readUInt16LE(2); left > 0; left--) {
    const nameEnd = position + 2 + bytes.readUInt16LE(position);
    requested.push(bytes.toString('utf8', position + 2, nameEnd));
    position = nameEnd;
  }
  return { tensors, requested };
}
