import type { InferenceResponse, Parameters, Tensor } from '@nereid/core';
import { quoteText } from './json-text.js';
import { JsonWriter } from './json-writer.js';
import { type OutputPlan, placeOfOutput } from './output-plan.js';
import { parameterText } from './parameter-text.js';
import { TensorDataWriter } from './tensor-json.js';

export interface EncodedInferResponse {
  /**
   * The value of `Inference-Header-Content-Length`, in bytes; undefined when the body is JSON only.
   * It also decides the content type.
   */
  readonly inferenceHeaderLength: number | undefined;
  /**
   * The body. Binary outputs are views of the tensors' data; a string has one character for each
   * byte (latin1), as whoever sends it turns it into bytes together with other text.
   */
  readonly chunks: readonly (Uint8Array | string)[];
}

/**
 * Encodes a response (spec §1.3), step by step: JSON of many elements takes long, and whoever
 * encodes it may want to do something else in between.
 */
export class InferResponseEncoder {
  readonly #outputs: readonly Tensor[];
  readonly #plan: OutputPlan;
  readonly #writer = new JsonWriter();
  readonly #binaryData: Uint8Array[] = [];
  #nextOutput = 0;
  #dataWriter: TensorDataWriter | undefined;

  constructor(response: InferenceResponse, plan: OutputPlan) {
    this.#outputs = response.outputs;
    this.#plan = plan;
    this.#writer.append(responseHead(response));
  }

  /**
   * Encodes a few thousand elements at most. Returns undefined until everything is encoded. Throws
   * the InferError that the client is to see.
   */
  step(): EncodedInferResponse | undefined {
    if (this.#dataWriter !== undefined) {
      if (!this.#dataWriter.writePiece(this.#writer)) return undefined;
      this.#writer.append('}');
      this.#dataWriter = undefined;
    }
    const output = this.#outputs[this.#nextOutput];
    if (output === undefined) return this.#finish();
    this.#begin(output);
    this.#nextOutput += 1;
    return undefined;
  }

  #begin(output: Tensor): void {
    const head = (this.#nextOutput === 0 ? '' : ',') + tensorHead(output);
    const place = placeOfOutput(this.#plan, output.name);
    if (place === 'shared memory') this.#writer.append(`${head}}`);
    else if (place === 'binary') {
      const sizeBytes = output.data.byteLength;
      this.#writer.append(`${head},"parameters":{"binary_data_size":${sizeBytes}}}`);
      if (sizeBytes > 0) this.#binaryData.push(output.data);
    } else {
      this.#writer.append(`${head},"data":`);
      this.#dataWriter = new TensorDataWriter(output);
    }
  }

  #finish(): EncodedInferResponse {
    this.#writer.append(']}');
    const { chunks, sizeBytes } = this.#writer.finishText();
    if (this.#binaryData.length === 0) return { inferenceHeaderLength: undefined, chunks };
    for (const data of this.#binaryData) chunks.push(data);
    return { inferenceHeaderLength: sizeBytes, chunks };
  }
}

function responseHead(response: InferenceResponse): string {
  const id = response.id === '' ? '' : `"id":${quoteText(response.id)},`;
  const name = quoteText(response.modelName);
  const parameters =
    response.parameters.size === 0 ? '' : `"parameters":${parametersText(response.parameters)},`;
  const version = `"model_version":"${response.modelVersion}"`;
  return `{${id}"model_name":${name},${version},${parameters}"outputs":[`;
}

function tensorHead({ name, datatype, shape }: Tensor): string {
  return `{"name":${quoteText(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`;
}

function parametersText(parameters: Parameters): string {
  const members: string[] = [];
  for (const [name, value] of parameters)
    members.push(`${quoteText(name)}:${parameterText(value)}`);
  return `{${members.join(',')}}`;
}
