/** One tensor of the model's metadata. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 is a dimension that the request chooses. */
  readonly shape: readonly number[];
}

/** What the server says about a model, as far as an image classifier needs it. */
export interface ModelDescription {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly maxBatchSize: number;
  /** The configured `format` of the only input, such as `FORMAT_NCHW`, or `FORMAT_NONE`. */
  readonly inputFormat: string;
}

/** A batch of images, ready to be sent. */
export interface ClassificationRequest {
  readonly id: string;
  readonly inputName: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly outputName: string;
  readonly classCount: number;
}

/** A connection to an inference server, bound to one version of one model. */
export interface InferenceClient {
  describeModel(): Promise<ModelDescription>;
  /** Resolves with the strings `value:index[:label]`, image after image. */
  classify(request: ClassificationRequest): Promise<readonly string[]>;
  close(): void;
}

/** The server refused or could not be reached; the message is a sentence for the user. */
export class ClientError extends Error {}
