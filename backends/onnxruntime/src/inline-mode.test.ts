import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isInferError, type ModelConfig } from '@nereid/core';
import { fakeInputConfig, fakeModelConfig, fakeOutputConfig } from '@nereid/testing';
import { type GraphSpec, writeOnnx } from './fixtures/onnx-writer.js';
import { inlineMode, parseInlineMode } from './inline-mode.js';

const graphOf = (...operators: readonly string[]): GraphSpec => ({
  nodes: operators.map((operator, index) => [operator, [`t${index}`], [`t${index + 1}`]]),
  inputs: [{ name: 't0', element: 'float', dims: ['N'] }],
  outputs: [{ name: `t${operators.length}`, element: 'float', dims: ['N'] }],
});

const withParameter = (name: string, stringValue: string) =>
  fakeModelConfig({ parameters: { [name]: { stringValue } } });

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nereid-inline-mode-'));
});
after(() => rm(directory, { recursive: true }));

async function modeOf(
  config: Partial<ModelConfig>,
  content: Uint8Array = writeOnnx(graphOf('Relu')),
) {
  const file = join(directory, 'model.onnx');
  await writeFile(file, content);
  return inlineMode(fakeModelConfig(config), file, 'auto');
}

describe('inlineMode', () => {
  it('judges a small model by its speed', async () => {
    assert.equal(await modeOf({}, writeOnnx(graphOf('MatMul', 'Relu', 'Softmax'))), 'auto');
  });

  it('obeys the parameter', async () => {
    assert.equal(await modeOf(withParameter('execute_inline', '0')), 'never');
    assert.equal(await modeOf(withParameter('execute_inline', 'auto')), 'auto');
    const loop = writeOnnx(graphOf('Loop'));
    assert.equal(await modeOf(withParameter('execute_inline', '1'), loop), 'always');
  });

  it('does not trust operators whose time depends on values', async () => {
    for (const operator of ['Loop', 'If', 'Range', 'Expand', 'NonMaxSuppression']) {
      assert.equal(await modeOf({}, writeOnnx(graphOf('Relu', operator))), 'never', operator);
    }
  });

  it('does not trust a file that is large, or no model', async () => {
    assert.equal(await modeOf({}, new Uint8Array(2 * 1024 * 1024)), 'never');
    assert.equal(await modeOf({}, Buffer.from('\xff\xff')), 'never');
  });

  it('does not trust texts, whose length no shape tells', async () => {
    assert.equal(await modeOf({ input: [fakeInputConfig({ dataType: 'TYPE_STRING' })] }), 'never');
  });

  it('leaves a model its threads when it asks for some', async () => {
    assert.equal(await modeOf(withParameter('intra_op_thread_count', '2')), 'never');
  });

  it('cannot run half precision, which the thread prepares for', async () => {
    const output = [fakeOutputConfig({ dataType: 'TYPE_FP16' })];
    assert.equal(await modeOf({ output }), 'never');
    await assert.rejects(
      modeOf({ ...withParameter('execute_inline', '1'), output }),
      (error: unknown) => isInferError(error) && error.code === 'UNSUPPORTED',
    );
  });

  it('refuses another value', async () => {
    await assert.rejects(
      modeOf({ ...withParameter('execute_inline', 'yes'), name: 'm' }),
      /unable to load model 'm': execute_inline must be 0, 1 or auto, got 'yes'/,
    );
    assert.throws(() => parseInlineMode('2'), /^InferError: execute_inline must be/);
  });
});
