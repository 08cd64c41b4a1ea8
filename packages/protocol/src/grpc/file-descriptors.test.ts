import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import descriptor from 'protobufjs/ext/descriptor.js';
import { loadSerializedFiles } from './file-descriptors.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/generate.mjs', import.meta.url));

describe('generated code', () => {
  it('matches the .proto files', async () => {
    await promisify(execFile)(process.execPath, [SCRIPT, '--check']);
  });
});

describe('loadSerializedFiles', () => {
  it('gives every file with its services, messages and methods', async () => {
    const files = await loadSerializedFiles();
    assert.deepEqual(
      files.map((file) => file.name),
      [
        'model_config.proto',
        'grpc_service.proto',
        'grpc/health/v1/health.proto',
        'grpc/reflection/v1/reflection.proto',
        'grpc/reflection/v1alpha/reflection.proto',
      ],
    );
    const service = files[1];
    assert.ok(service);
    assert.deepEqual(service.dependencies, ['model_config.proto']);
    for (const symbol of [
      'inference.GRPCInferenceService',
      'inference.GRPCInferenceService.ModelInfer',
      'inference.ModelInferRequest.InferInputTensor',
    ]) {
      assert.ok(service.symbols.includes(symbol), symbol);
    }
  });

  it('describes maps as repeated entries and names types in full', async () => {
    const files = await loadSerializedFiles();
    const bytes = Buffer.from(files[1]?.base64 ?? '', 'base64');
    const file = descriptor.FileDescriptorProto.decode(bytes).toJSON();
    const find = (list: { name: string }[], name: string) =>
      list.find((each) => each.name === name);
    const request = find(file['messageType'], 'LogSettingsRequest') as Record<string, unknown>;
    assert.deepEqual(request['field'], [
      {
        name: 'settings',
        number: 1,
        label: 'LABEL_REPEATED',
        type: 'TYPE_MESSAGE',
        typeName: '.inference.LogSettingsRequest.SettingsEntry',
      },
    ]);
  });
});
