/** Turns the lines that are upside down, and makes of all what the recognizer expects. */

/** How sure the angle model must be that a line is upside down. */
const THRESHOLD = 0.9;
/** The recognizer was trained on lines at least so wide; what a line leaves free is gray. */
const MIN_WIDTH = 320;

export function execute(requests) {
  return requests.map(({ inputs: { lines, widths, angles } }) => {
    const [count, height, stride] = lines.shape;
    const width = Math.max(MIN_WIDTH, stride);
    const x = new Float32Array(count * 3 * height * width);
    for (let index = 0; index < count; index++) {
      const line = {
        pixels: lines.data.subarray(index * height * stride * 3),
        stride,
        height,
        width: widths.data[index],
        turned: angles.data[index * 2 + 1] > THRESHOLD,
      };
      copyPlanes(line, x.subarray(index * 3 * height * width), width);
    }
    return { outputs: { x: { shape: [count, 3, height, width], data: x } } };
  });
}

/** RGB pixels as planes of blue, green and red from -1 to 1: the models were trained on BGR. */
function copyPlanes({ pixels, stride, height, width, turned }, planes, planeWidth) {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [fromRow, fromColumn] = turned ? [height - 1 - row, width - 1 - column] : [row, column];
      const from = (fromRow * stride + fromColumn) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const to = ((2 - channel) * height + row) * planeWidth + column;
        planes[to] = pixels[from + channel] / 127.5 - 1;
      }
    }
  }
}
