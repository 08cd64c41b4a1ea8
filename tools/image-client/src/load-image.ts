import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { ClientError } from './inference-client.js';
import type { Pixels } from './triangle-resize.js';

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.avif',
  '.gif',
  '.jpeg',
  '.jpg',
  '.png',
  '.tif',
  '.tiff',
  '.webp',
]);

/** A folder stands for the images in it, in the order of their names. Throws a ClientError. */
export async function listImages(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) files.push(...(await imagesAt(path)));
  return files;
}

async function imagesAt(path: string): Promise<readonly string[]> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new ClientError(`There is no file or folder ${path}.`);
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path)).sort();
  const images = names.filter((name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase()));
  if (images.length === 0) throw new ClientError(`The folder ${path} holds no image.`);
  return images.map((name) => join(path, name));
}

/**
 * Decodes an image as it is stored: an embedded color profile and orientation are not applied, and
 * transparency is dropped. Throws a ClientError for a file that is no image.
 */
export async function loadImage(path: string, channels: 1 | 3): Promise<Pixels> {
  try {
    const { data, info } = await sharp(path, { ignoreIcc: true })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixels = { ...info, channels: info.channels, data };
    return channels === 1 ? toGray(pixels) : toColor(pixels);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(`The file ${path} cannot be read as an image: ${reason}.`, { cause });
  }
}

/** The luma of ITU-R 601 in 16-bit fixed point, as Pillow computes it. */
function toGray({ width, height, channels, data }: Pixels): Pixels {
  if (channels === 1) return { width, height, channels, data };
  const gray = new Uint8Array(width * height);
  for (let pixel = 0; pixel < gray.length; pixel++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(pixel * channels, pixel * channels + 3);
    gray[pixel] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: gray };
}

function toColor({ width, height, channels, data }: Pixels): Pixels {
  if (channels === 3) return { width, height, channels, data };
  const color = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    color.fill(data[pixel] ?? 0, pixel * 3, pixel * 3 + 3);
  }
  return { width, height, channels: 3, data: color };
}
