import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  parseLoadRequest,
  parseLogSettingsRequest,
  parseRegisterRequest,
  parseRepositoryIndexRequest,
  parseUnloadRequest,
} from './management-requests.js';

const bytes = (text: string) => Buffer.from(text);

describe('a request for the index', () => {
  it('may have no body, and any body without a meaning', () => {
    assert.equal(parseRepositoryIndexRequest(bytes('')), false);
    assert.equal(parseRepositoryIndexRequest(bytes('[]')), false);
    assert.equal(parseRepositoryIndexRequest(bytes('{"ready": true}')), true);
    assert.throws(() => parseRepositoryIndexRequest(bytes('{"ready":1}')), {
      code: 'INTERNAL',
      message: 'attempt to access JSON non-boolean as boolean',
    });
  });
});

describe('a request to load', () => {
  it('may give a configuration and files', () => {
    assert.deepEqual(parseLoadRequest(bytes('')), {});
    assert.deepEqual(parseLoadRequest(bytes('{}')), {});
    const body = '{"parameters":{"config":"{bad","file:1/a":"AAEC","file:../x":""}}';
    assert.deepEqual(parseLoadRequest(bytes(body)), {
      config: '{bad',
      files: new Map([
        ['1/a', Buffer.from([0, 1, 2])],
        ['../x', Buffer.alloc(0)],
      ]),
    });
  });

  it('is refused for what it does not know', () => {
    const refused: readonly (readonly [string, string])[] = [
      ['{"parameters":5}', 'attempt to get members for non-object'],
      ['{"parameters":{"config":5}}', 'attempt to access JSON non-string as string'],
      ['{"parameters":{"foo":"x"}}', 'unexpected error on creating Triton parameter'],
      ['{{', 'failed to parse the request JSON buffer: Missing a name for object member. at 1'],
    ];
    for (const [body, message] of refused) {
      assert.throws(() => parseLoadRequest(bytes(body)), { code: 'INTERNAL', message });
    }
    assert.throws(() => parseLoadRequest(bytes('{"parameters":{"file:a":"*"}}')), {
      code: 'INVALID_ARG',
      message: "load parameter 'file:a' is not valid base64",
    });
  });
});

describe('a request to register shared memory', () => {
  it('names the object and the part of it', () => {
    const parse = (body: string) => parseRegisterRequest('r', bytes(body));
    const region = { name: 'r', key: '/k', offset: 0, sizeBytes: 64 };
    assert.deepEqual(parse('{"key":"/k","byte_size":64}'), region);
    assert.deepEqual(parse('{"byte_size":64,"offset":8,"key":"/k"}'), { ...region, offset: 8 });
    assert.equal(parse('{"key":"","byte_size":18446744073709551615}').sizeBytes, 2 ** 64);
  });

  it('is refused as by Triton 2.51', () => {
    const UNSIGNED = 'attempt to access JSON non-unsigned-integer as unsigned-integer';
    const refused: readonly (readonly [string, string, string])[] = [
      ['[]', 'INVALID_ARG', "Shared memory register request has no 'key' field"],
      ['{"byte_size":64}', 'INVALID_ARG', "Shared memory register request has no 'key' field"],
      ['{"key":"/k"}', 'INVALID_ARG', "Shared memory register request has no 'byte_size' field"],
      ['{"key":5,"byte_size":64}', 'INTERNAL', 'attempt to access JSON non-string as string'],
      ['{"key":null,"byte_size":64}', 'INTERNAL', 'attempt to access JSON non-string as string'],
      ['{"key":"/k","byte_size":"64"}', 'INTERNAL', UNSIGNED],
      ['{"key":"/k","byte_size":64,"offset":-8}', 'INTERNAL', UNSIGNED],
      ['', 'INTERNAL', 'failed to parse the request JSON buffer: The document is empty. at 0'],
    ];
    for (const [body, code, message] of refused) {
      assert.throws(() => parseRegisterRequest('r', bytes(body)), { code, message });
    }
  });
});

describe('a request to unload', () => {
  it('unloads dependents only for true, and never fails', () => {
    const unloads = (body: string) => parseUnloadRequest(bytes(body)).unloadDependents;
    assert.equal(unloads('{"parameters": {"unload_dependents": true}}'), true);
    for (const body of [
      '',
      '{{',
      '[]',
      '{"parameters":5}',
      '{"parameters":{"unload_dependents":"yes"}}',
    ]) {
      assert.equal(unloads(body), false, body);
    }
  });
});

describe('a request to change log settings', () => {
  it('changes what it names', () => {
    const body = '{"log_info":false,"log_verbose_level":3,"log_format":"ISO8601","foo":1}';
    assert.deepEqual(parseLogSettingsRequest(bytes(body)), {
      logInfo: false,
      logVerboseLevel: 3,
      logFormat: 'ISO8601',
    });
    assert.deepEqual(parseLogSettingsRequest(bytes('{"log_warning":null}')), {});
    assert.deepEqual(parseLogSettingsRequest(bytes('5')), {});
  });

  it('is refused with the code and the words of Triton', () => {
    const refused: readonly (readonly [string, string, string])[] = [
      [
        '{"log_file":"/x"}',
        'UNSUPPORTED',
        'log file location can not be updated through network protocol',
      ],
      ['{"log_info":"yes"}', 'INTERNAL', 'attempt to access JSON non-boolean as boolean'],
      [
        '{"log_verbose_level":-1}',
        'INTERNAL',
        'attempt to access JSON non-unsigned-integer as unsigned-integer',
      ],
      ['{"log_format":"x"}', 'UNAVAILABLE', 'invalid argument for --log_format, got: x'],
      ['', 'INTERNAL', 'failed to parse the request JSON buffer: The document is empty. at 0'],
    ];
    for (const [body, code, message] of refused) {
      assert.throws(() => parseLogSettingsRequest(bytes(body)), { code, message }, body);
    }
  });
});
