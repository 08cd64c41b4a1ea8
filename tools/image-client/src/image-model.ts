import { ClientError, type ModelDescription } from './inference-client.js';
import { isPixelDatatype, type PixelDatatype } from './pixel-tensor.js';

/** Sides of the picture when the model leaves them open. */
const DEFAULT_SIDE = 224;

/** How a model wants its pictures. */
export interface ImageModel {
  readonly inputName: string;
  readonly outputName: string;
  readonly datatype: PixelDatatype;
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
  /** True when the first dimension of input and output counts the images. */
  readonly batched: boolean;
  /** 1 for a model whose tensors hold exactly one image. */
  readonly maxBatchSize: number;
  /** Remarks for the user on what was assumed. */
  readonly notes: readonly string[];
}

/**
 * Finds out how a model wants its pictures. Throws a ClientError when it is no image classifier:
 * one input of three dimensions, 1 or 3 of them channels, and one FP32 vector as output.
 */
export function imageModelOf(name: string, model: ModelDescription): ImageModel {
  const input = only(model.inputs, 'input', name);
  const output = only(model.outputs, 'output', name);
  if (output.datatype !== 'FP32') {
    throw new ClientError(
      `expecting output datatype to be FP32, model '${name}' output type is ${output.datatype}`,
    );
  }
  // A model without max_batch_size may still count images in its first dimension.
  const batched = model.maxBatchSize > 0 || input.shape.length === 4;
  checkVector(name, output.shape, batched);
  const image = input.shape.slice(batched ? 1 : 0);
  const { datatype } = input;
  if (!isPixelDatatype(datatype)) {
    throw new ClientError(`model '${name}' takes ${datatype}, which cannot hold pixels`);
  }
  return {
    inputName: input.name,
    outputName: output.name,
    datatype,
    ...geometryOf(name, image, model.inputFormat),
    batched,
    maxBatchSize: maxBatchSizeOf(model.maxBatchSize, input.shape),
  };
}

function only<T>(tensors: readonly T[], kind: string, modelName: string): T {
  const tensor = tensors[0];
  if (tensor === undefined || tensors.length > 1) {
    throw new ClientError(`expecting 1 ${kind}, model '${modelName}' has ${tensors.length}`);
  }
  return tensor;
}

/** One dimension of any size, and else only ones, as in [1000], [1,1,1000] or [1000,1,1]. */
function checkVector(name: string, shape: readonly number[], batched: boolean): void {
  const sizes = shape.slice(batched ? 1 : 0).filter((dim) => dim !== 1);
  if (sizes.length > 1) {
    throw new ClientError(
      `expecting model output to be a vector, model '${name}' output has the shape [${shape}]`,
    );
  }
}

function maxBatchSizeOf(configured: number, inputShape: readonly number[]): number {
  if (configured > 0) return configured;
  if (inputShape.length !== 4) return 1;
  const [first = 1] = inputShape;
  return first < 0 ? Number.POSITIVE_INFINITY : first;
}

type Geometry = Pick<ImageModel, 'layout' | 'channels' | 'width' | 'height' | 'notes'>;

function geometryOf(name: string, image: readonly number[], format: string): Geometry {
  const [first, second, third] = image;
  if (image.length !== 3 || first === undefined || second === undefined || third === undefined) {
    throw new ClientError(
      `expecting input to have 3 dimensions, not counting the batch, ` +
        `model '${name}' input has ${image.length}`,
    );
  }
  const layout = layoutOf(first, third, format);
  const [channels, height, width] =
    layout === 'NCHW' ? [first, second, third] : [third, first, second];
  if (channels !== 1 && channels !== 3) {
    throw new ClientError(`model '${name}' has ${channels} channels; expecting 1 or 3`);
  }
  const open = height < 0 || width < 0;
  return {
    layout,
    channels,
    height: height < 0 ? DEFAULT_SIDE : height,
    width: width < 0 ? DEFAULT_SIDE : width,
    notes: open
      ? [`Model '${name}' leaves the size of its image open; ${DEFAULT_SIDE} is used.`]
      : [],
  };
}

/** Without a format in the configuration the dimension that can be channels tells the layout. */
function layoutOf(first: number, third: number, format: string): 'NCHW' | 'NHWC' {
  if (format === 'FORMAT_NCHW') return 'NCHW';
  if (format === 'FORMAT_NHWC') return 'NHWC';
  if (format !== 'FORMAT_NONE' && format !== '') {
    throw new ClientError(`unexpected format ${format} of the model's input`);
  }
  const channelsLast = (third === 1 || third === 3) && first !== 1 && first !== 3;
  return channelsLast ? 'NHWC' : 'NCHW';
}
