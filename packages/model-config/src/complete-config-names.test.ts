import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ModelConfig } from '@nereid/core';
import { completeConfigNames, emptyConfig } from './index.js';

type Names = Partial<
  Pick<ModelConfig, 'backend' | 'platform' | 'defaultModelFilename' | 'runtime'>
>;

function complete(written: Names, ...versionEntries: string[]) {
  const config = { ...emptyConfig(''), ...written };
  const { name, backend, platform, defaultModelFilename } = completeConfigNames(config, {
    directoryName: 'm',
    versionEntries,
  });
  assert.equal(name, 'm');
  return [backend, platform, defaultModelFilename];
}

describe('completeConfigNames', () => {
  const files: Readonly<Record<string, readonly string[]>> = {
    'model.savedmodel': ['tensorflow', 'tensorflow_savedmodel', 'model.savedmodel'],
    'model.graphdef': ['tensorflow', 'tensorflow_graphdef', 'model.graphdef'],
    'model.plan': ['tensorrt', 'tensorrt_plan', 'model.plan'],
    'model.onnx': ['onnxruntime', 'onnxruntime_onnx', 'model.onnx'],
    'model.xml': ['openvino', '', 'model.xml'],
    'model.pt': ['pytorch', 'pytorch_libtorch', 'model.pt'],
    'model.py': ['python', '', 'model.py'],
  };
  for (const [file, names] of Object.entries(files)) {
    test(`recognizes ${file} in the version folder`, () => {
      assert.deepEqual(complete({}, 'labels.txt', file), names);
    });
    test(`recognizes ${file} as the written file name`, () => {
      assert.deepEqual(complete({ defaultModelFilename: file }), names);
    });
  }

  for (const file of ['model.js', 'model.mjs', 'model.ts']) {
    test(`recognizes ${file} as a model of the javascript backend`, () => {
      assert.deepEqual(complete({}, file), ['javascript', '', file]);
      assert.deepEqual(complete({ backend: 'javascript' }, file), ['javascript', '', '']);
    });
  }

  test('completes a written backend without looking at files', () => {
    assert.deepEqual(complete({ backend: 'python' }, 'model.onnx'), ['python', '', 'model.py']);
    assert.deepEqual(complete({ backend: 'onnxruntime' }), files['model.onnx']);
  });

  test('completes a written platform', () => {
    assert.deepEqual(complete({ platform: 'onnxruntime_onnx' }), files['model.onnx']);
    assert.deepEqual(complete({ platform: 'tensorflow_graphdef' }), files['model.graphdef']);
  });

  test('keeps a written file name', () => {
    const written = { backend: 'onnxruntime', defaultModelFilename: 'other.onnx' };
    assert.deepEqual(complete(written), ['onnxruntime', 'onnxruntime_onnx', 'other.onnx']);
  });

  test('needs file or platform to complete TensorFlow', () => {
    assert.deepEqual(complete({ backend: 'tensorflow' }), ['tensorflow', '', '']);
    assert.deepEqual(
      complete({ backend: 'tensorflow' }, 'model.savedmodel'),
      files['model.savedmodel'],
    );
  });

  test('gives a PyTorch model that Python runs no file name', () => {
    const written = { backend: 'pytorch', runtime: 'model.py' };
    assert.deepEqual(complete(written), ['pytorch', 'pytorch_libtorch', '']);
  });

  test('leaves other backends and ensembles as they are', () => {
    assert.deepEqual(complete({ backend: 'identity' }, 'model.py'), ['identity', '', '']);
    assert.deepEqual(complete({ platform: 'ensemble' }, 'model.py'), ['', 'ensemble', '']);
  });

  test('takes the backend from the name of the folder when there is no other sign', () => {
    const facts = { directoryName: 'resnet.my.backend', versionEntries: [] };
    const config = completeConfigNames(emptyConfig(''), facts);
    assert.equal(config.backend, 'my.backend');
    assert.equal(config.defaultModelFilename, 'model.my.backend');
  });

  test('keeps the written name', () => {
    const facts = { directoryName: 'm', versionEntries: ['model.py'] };
    assert.equal(completeConfigNames(emptyConfig('other'), facts).name, 'other');
  });

  test('refuses a model without any sign of its backend', () => {
    assert.throws(() => complete({}), {
      code: 'INVALID_ARG',
      message:
        "Invalid model name: Could not determine backend for model 'm' with no backend in model " +
        "configuration. Expected model name of the form 'model.<backend_name>'.",
    });
  });
});
