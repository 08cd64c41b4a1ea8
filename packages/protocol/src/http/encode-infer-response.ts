import type { InferenceResponse, Parameters, ParameterValue, Tensor } from '@nereid/core';
import { doubleText, quoteText } from './json-text.js';
import { JsonWriter } from './json-writer.js';
import { isBinaryOutput, type OutputPlan } from './output-plan.js';
import { writeTensorData } from './tensor-json.js';

export interface EncodedInferResponse {
  /**
   * The value of `Inference-Header-Content-Length`, in bytes; undefined when the body is JSON only.
   * It also decides the content type.
   */
  readonly inferenceHeaderLength: number | undefined;
  /** The body. Binary outputs are views of the tensors' data. */
  readonly chunks: readonly Uint8Array[];
}

/** Encodes a response (spec §1.3). Throws the InferError that the client is to see. */
export function encodeInferResponse(
  response: InferenceResponse,
  plan: OutputPlan,
): EncodedInferResponse {
  const writer = new JsonWriter();
  const binaryData: Uint8Array[] = [];
  writer.append(responseHead(response));
  let separator = '';
  for (const output of response.outputs) {
    writer.append(separator + tensorHead(output));
    if (isBinaryOutput(plan, output.name)) {
      writer.append(`,"parameters":{"binary_data_size":${output.data.byteLength}}}`);
      if (output.data.byteLength > 0) binaryData.push(output.data);
    } else {
      writer.append(',"data":');
      writeTensorData(writer, output);
      writer.append('}');
    }
    separator = ',';
  }
  writer.append(']}');
  const { chunks, sizeBytes } = writer.finish();
  if (binaryData.length === 0) return { inferenceHeaderLength: undefined, chunks };
  return { inferenceHeaderLength: sizeBytes, chunks: [...chunks, ...binaryData] };
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
  for (const [name, value] of parameters) members.push(`${quoteText(name)}:${valueText(value)}`);
  return `{${members.join(',')}}`;
}

function valueText(value: ParameterValue): string {
  if (typeof value === 'string') return quoteText(value);
  return typeof value === 'number' ? doubleText(value) : `${value}`;
}
