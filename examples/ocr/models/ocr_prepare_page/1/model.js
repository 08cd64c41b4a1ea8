/** Decodes an image and makes of it what the detector expects. */

import sharp from 'sharp';

/** Larger pages are made smaller: their text is still large enough. */
const MAX_SIDE = 2000;
/** Smaller pages are made larger for the detector, which was trained on text of this size. */
const MIN_DETECTOR_SIDE = 736;
/** The detector halves its input five times. */
const DETECTOR_STEP = 32;

export function execute(requests) {
  return Promise.all(requests.map(({ inputs }) => prepare(inputs.image.data[0]).catch(refuse)));
}

async function prepare(image) {
  const original = await sharp(image).autoOrient().toBuffer({ resolveWithObject: true });
  const page = await sharp(original.data)
    .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = page.info;
  const [detectorWidth, detectorHeight] = detectorSize(width, height);
  const resized = await sharp(page.data, { raw: { width, height, channels } })
    .resize(detectorWidth, detectorHeight, { fit: 'fill' })
    .raw()
    .toBuffer();
  return {
    outputs: {
      page: { shape: [height, width, channels], data: page.data },
      page_scale: {
        shape: [2],
        data: [original.info.width / width, original.info.height / height],
      },
      x: {
        shape: [1, 3, detectorHeight, detectorWidth],
        data: toPlanes(resized, detectorWidth * detectorHeight),
      },
    },
  };
}

function refuse(cause) {
  return Object.assign(new Error(`the image cannot be read: ${cause.message}`), {
    code: 'INVALID_ARG',
  });
}

function detectorSize(width, height) {
  const factor = Math.max(1, MIN_DETECTOR_SIDE / Math.min(width, height));
  const fitted = Math.min(factor, (2 * MAX_SIDE) / Math.max(width, height));
  return [width, height].map(
    (side) => Math.max(1, Math.round((side * fitted) / DETECTOR_STEP)) * DETECTOR_STEP,
  );
}

/** RGB pixels as planes of blue, green and red from -1 to 1: the models were trained on BGR. */
function toPlanes(pixels, count) {
  const planes = new Float32Array(3 * count);
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      planes[(2 - channel) * count + pixel] = pixels[pixel * 3 + channel] / 127.5 - 1;
    }
  }
  return planes;
}
