import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  errorBody,
  logSettingsBody,
  modelMetadataBody,
  modelStatisticsBody,
  repositoryIndexBody,
  serverMetadataBody,
} from './management-bodies.js';

const NONE = { count: 0, ns: 0 };

describe('the bodies of answers', () => {
  it('describe errors, the server and models', () => {
    assert.equal(errorBody('a "b"'), '{"error":"a \\"b\\""}');
    assert.equal(
      serverMetadataBody({ name: 'triton', version: '2.51.0', extensions: ['trace', 'logging'] }),
      '{"name":"triton","version":"2.51.0","extensions":["trace","logging"]}',
    );
    assert.equal(
      modelMetadataBody({
        name: 'seq',
        versions: [1],
        platform: 'python',
        inputs: [{ name: 'INPUT', datatype: 'INT32', shape: [-1, 1] }],
        outputs: [{ name: 'OUTPUT', datatype: 'INT32', shape: [-1, 1] }],
      }),
      '{"name":"seq","versions":["1"],"platform":"python","inputs":[{"name":"INPUT","datatype":' +
        '"INT32","shape":[-1,1]}],"outputs":[{"name":"OUTPUT","datatype":"INT32","shape":[-1,1]}]}',
    );
  });

  it('leave out of the index what is not known', () => {
    assert.equal(
      repositoryIndexBody([
        { name: 'classify', version: 1, state: 'READY', reason: '' },
        { name: 'ens', version: undefined, state: undefined, reason: '' },
        { name: 'simple', version: 1, state: 'UNAVAILABLE', reason: 'unloaded' },
      ]),
      '[{"name":"classify","version":"1","state":"READY"},{"name":"ens"},' +
        '{"name":"simple","version":"1","state":"UNAVAILABLE","reason":"unloaded"}]',
    );
  });

  it('list statistics key by key', () => {
    const inferenceStats = {
      success: { count: 2, ns: 47 },
      fail: NONE,
      queue: { count: 2, ns: 17 },
      computeInput: NONE,
      computeInfer: NONE,
      computeOutput: NONE,
      cacheHit: { count: 1, ns: 19 },
      cacheMiss: NONE,
    };
    const batch = { batchSize: 4, computeInput: NONE, computeInfer: NONE, computeOutput: NONE };
    const stage = {
      computeInfer: NONE,
      computeOutput: NONE,
      success: NONE,
      fail: NONE,
      emptyResponse: NONE,
      cancel: NONE,
    };
    const zero = '{"count":0,"ns":0}';
    assert.equal(
      modelStatisticsBody([
        {
          name: 'cached',
          version: 1,
          lastInferenceMs: 1795366557725,
          inferenceCount: 1,
          executionCount: 1,
          inferenceStats,
          responseStats: { 0: stage },
          batchStats: [batch],
          memoryUsage: [{ type: 'CPU', deviceId: 0, sizeBytes: 7 }],
        },
      ]),
      '{"model_stats":[{"name":"cached","version":"1","last_inference":1795366557725,' +
        '"inference_count":1,"execution_count":1,"inference_stats":{' +
        '"success":{"count":2,"ns":47},' +
        `"fail":${zero},"queue":{"count":2,"ns":17},"compute_input":${zero},` +
        `"compute_infer":${zero},"compute_output":${zero},"cache_hit":{"count":1,"ns":19},` +
        `"cache_miss":${zero}},"response_stats":{"0":{"compute_infer":${zero},` +
        `"compute_output":${zero},"success":${zero},"fail":${zero},"empty_response":${zero},` +
        `"cancel":${zero}}},"batch_stats":[{"batch_size":4,"compute_input":${zero},` +
        `"compute_infer":${zero},"compute_output":${zero}}],` +
        '"memory_usage":[{"type":"CPU","id":0,"byte_size":7}]}]}',
    );
  });

  it('show log settings', () => {
    assert.equal(
      logSettingsBody({
        logFile: '',
        logInfo: true,
        logWarning: true,
        logError: true,
        logVerboseLevel: 0,
        logFormat: 'default',
      }),
      '{"log_file":"","log_info":true,"log_warning":true,"log_error":true,' +
        '"log_verbose_level":0,"log_format":"default"}',
    );
  });
});
