import { floatToHalf } from './float-to-half.js';
import type { Scaling } from './image-client-args.js';
import type { Pixels } from './triangle-resize.js';

/** Red, green and blue of the images the VGG models were trained with, on average. */
const VGG_MEANS = [123, 117, 104] as const;
const VGG_MEAN_GRAY = 128;

type Store = (view: DataView, offset: number, value: number) => void;

/** How a pixel is written in each datatype; whole-numbered types drop the fraction. */
const STORE = {
  UINT8: (view, offset, value) => view.setUint8(offset, value),
  UINT16: (view, offset, value) => view.setUint16(offset, value, true),
  UINT32: (view, offset, value) => view.setUint32(offset, value, true),
  UINT64: (view, offset, value) => view.setBigInt64(offset, BigInt(Math.trunc(value)), true),
  INT8: (view, offset, value) => view.setInt8(offset, value),
  INT16: (view, offset, value) => view.setInt16(offset, value, true),
  INT32: (view, offset, value) => view.setInt32(offset, value, true),
  INT64: (view, offset, value) => view.setBigInt64(offset, BigInt(Math.trunc(value)), true),
  FP16: (view, offset, value) => view.setUint16(offset, floatToHalf(value), true),
  FP32: (view, offset, value) => view.setFloat32(offset, value, true),
  FP64: (view, offset, value) => view.setFloat64(offset, value, true),
} as const satisfies Record<string, Store>;

const SIZE_BYTES = {
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
} as const satisfies Record<PixelDatatype, number>;

/** The datatypes that can hold pixels. */
export type PixelDatatype = keyof typeof STORE;

export function isPixelDatatype(datatype: string): datatype is PixelDatatype {
  return Object.hasOwn(STORE, datatype);
}

interface PixelFormat {
  readonly datatype: PixelDatatype;
  readonly layout: 'NCHW' | 'NHWC';
  readonly scaling: Scaling;
}

/** Scales the pixels of one image and lays them out as little-endian tensor data. */
export function pixelTensor(pixels: Pixels, format: PixelFormat): Uint8Array {
  const { channels, data: samples } = pixels;
  const pixelCount = pixels.width * pixels.height;
  const store: Store = STORE[format.datatype];
  const sizeBytes = SIZE_BYTES[format.datatype];
  const data = new Uint8Array(samples.length * sizeBytes);
  const view = new DataView(data.buffer);
  for (let channel = 0; channel < channels; channel++) {
    const { factor, shift } = scalingOf(format.scaling, channel, channels);
    for (let pixel = 0; pixel < pixelCount; pixel++) {
      const source = pixel * channels + channel;
      const target = format.layout === 'NHWC' ? source : channel * pixelCount + pixel;
      store(view, target * sizeBytes, (samples[source] ?? 0) / factor + shift);
    }
  }
  return data;
}

/** A sample becomes `sample / factor + shift`. */
function scalingOf(scaling: Scaling, channel: number, channels: number) {
  if (scaling === 'INCEPTION') return { factor: 127.5, shift: -1 };
  if (scaling === 'NONE') return { factor: 1, shift: 0 };
  const mean = channels === 1 ? VGG_MEAN_GRAY : (VGG_MEANS[channel] ?? 0);
  return { factor: 1, shift: -mean };
}
