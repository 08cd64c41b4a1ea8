/** Compressed bodies of infer requests and responses (spec §1.4). */

import { promisify } from 'node:util';
import { deflate, gzip, unzip } from 'node:zlib';
import { InferError } from '@nereid/core';
import { Turns } from './turns.js';

export type ContentCoding = 'gzip' | 'deflate';

/**
 * Each body that inflates takes as much memory as the limit allows, however small it was: few at a
 * time, so that many refused ones do not fill the memory together.
 */
const inflating = new Turns(2);

const inflateAsync = promisify(unzip);
const gzipAsync = promisify(gzip);
const deflateAsync = promisify(deflate);

/** What request bodies may be compressed with, for the header field `Accept-Encoding`. */
export const ACCEPTED_CODINGS = 'gzip, deflate';

/** The coding that the field `Content-Encoding` names; undefined for an unknown one. */
export function parseContentCoding(
  contentEncoding: string,
): ContentCoding | 'identity' | undefined {
  if (contentEncoding === '' || contentEncoding === 'identity') return 'identity';
  return contentEncoding === 'gzip' || contentEncoding === 'deflate' ? contentEncoding : undefined;
}

/**
 * The coding that a client wants for the response: that with the highest weight, the first of equal
 * ones. Undefined for none; `*` is not understood, as in Triton.
 */
export function responseCoding(acceptEncoding: string): ContentCoding | undefined {
  let best: string | undefined;
  let bestWeight = 0;
  for (const entry of acceptEncoding.split(',')) {
    const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim());
    const weight = weightOf(parameters);
    if (weight <= bestWeight || !['identity', 'gzip', 'deflate'].includes(coding)) continue;
    best = coding;
    bestWeight = weight;
  }
  return best === 'gzip' || best === 'deflate' ? best : undefined;
}

/** Inflates a body. Throws INVALID_ARG when it is damaged, or larger than the limit. */
export async function inflateBody(body: Uint8Array, maxSizeBytes: number): Promise<Uint8Array> {
  if (body.length === 0) throw new InferError('INVALID_ARG', 'nothing to be decompressed');
  try {
    return await inflating.run(() => inflateAsync(body, { maxOutputLength: maxSizeBytes }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InferError(
        'INVALID_ARG',
        `the decompressed request body exceeds the maximum allowed value of ${maxSizeBytes} ` +
          'bytes. Use --http-max-input-size to increase the limit.',
        { cause },
      );
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `failed to decompress the request body: ${reason}`, {
      cause,
    });
  }
}

/** Compresses a body. */
export function compressBody(
  chunks: readonly Uint8Array[],
  coding: ContentCoding,
): Promise<Uint8Array> {
  // The compressor takes one buffer; what it makes of it is a copy anyway.
  const body = Buffer.concat(chunks);
  return coding === 'gzip' ? gzipAsync(body) : deflateAsync(body);
}

function weightOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  if (quality === undefined) return 1;
  const weight = Number(quality.slice(2));
  return Number.isFinite(weight) ? weight : 0;
}
