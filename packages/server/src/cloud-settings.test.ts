import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApiWarnings } from './access/open-apis.js';
import { checkSettings } from './check-settings.js';
import type { Environment } from './cloud-settings.js';
import { parseFlags, UsageError } from './flags/parse-flags.js';
import { settingsFromFlags } from './settings-from-flags.js';
import { settingsFromOptions } from './settings-from-options.js';

const REPOSITORY = '--model-repository=/models';
const PREDICTION = {
  AIP_MODE: 'PREDICTION',
  AIP_PREDICT_ROUTE: '/predict',
  AIP_HEALTH_ROUTE: '/health',
};

function settingsOf(environment: Environment, ...words: readonly string[]) {
  const settings = settingsFromFlags(parseFlags(words), environment);
  checkSettings(settings);
  return settings;
}

function refuses(environment: Environment, words: readonly string[], message: RegExp): void {
  assert.throws(
    () => settingsOf(environment, ...words),
    (error) => error instanceof UsageError && message.test(error.message),
  );
}

test('both front ends are off by default, whatever else the environment says', () => {
  const { sagemaker, vertexAi } = settingsOf({ AIP_STORAGE_URI: '/x' }, REPOSITORY);
  assert.deepEqual([sagemaker, vertexAi], [false, false]);
});

test('SageMaker takes its settings of the environment and listens where HTTP does', () => {
  const environment = {
    SAGEMAKER_TRITON_PING_MODE: 'live',
    SAGEMAKER_TRITON_INFERENCE_TYPE: 'generate',
    SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: 'm',
  };
  const words = [REPOSITORY, '--allow-sagemaker=1', '--http-address=127.0.0.1'];
  const { sagemaker } = settingsOf(environment, ...words);
  assert(sagemaker !== false);
  const { address, port, pingMode, inferenceType, defaultModelName } = sagemaker;
  assert.deepEqual([address, port], ['127.0.0.1', 8080]);
  assert.deepEqual([pingMode, inferenceType, defaultModelName], ['live', 'generate', 'm']);
});

test('other services must keep to the port range of SageMaker', () => {
  const words = [REPOSITORY, '--allow-sagemaker=true', '--allow-metrics=0'];
  settingsOf({}, ...words, '--sagemaker-safe-port-range=8000-8001');
  const text = /cannot listen to GRPC requests at port 8001, allowed port range is \[8000, 8000\]/;
  refuses({}, [...words, '--sagemaker-safe-port-range=8000-8000'], text);
  for (const range of ['8000', '2-1', 'a-b', '1-99999']) {
    refuses({}, [...words, `--sagemaker-safe-port-range=${range}`], /must be <low>-<high>/);
  }
});

test('a prediction container of Vertex AI serves it instead of HTTP and gRPC', () => {
  const settings = settingsOf({ ...PREDICTION, AIP_HTTP_PORT: '7080' }, REPOSITORY);
  assert.deepEqual([settings.http, settings.grpc], [false, false]);
  assert(settings.vertexAi !== false && settings.metrics !== false);
  const { port, predictRoute, healthRoute } = settings.vertexAi;
  assert.deepEqual([port, predictRoute, healthRoute], [7080, '/predict', '/health']);
  const words = [REPOSITORY, '--allow-http=1', '--allow-vertex-ai=0'];
  const other = settingsOf(PREDICTION, ...words);
  assert.equal(other.vertexAi, false);
  assert.notEqual(other.http, false);
});

test('the flags of Vertex AI win over the environment', () => {
  const environment = { ...PREDICTION, AIP_HTTP_PORT: '7080', AIP_STORAGE_URI: '/storage' };
  const words = [REPOSITORY, '--vertex-ai-port=7090', '--vertex-ai-default-model=m'];
  const { vertexAi, modelRepository } = settingsOf(environment, ...words);
  assert(vertexAi !== false);
  assert.deepEqual([vertexAi.port, vertexAi.defaultModel], [7090, 'm']);
  assert.deepEqual(modelRepository, ['/models']);
  assert.deepEqual(settingsOf(environment).modelRepository, ['/storage']);
});

test('Vertex AI needs both routes, and a port that is one', () => {
  const words = [REPOSITORY, '--allow-vertex-ai=1'];
  refuses({}, words, /^AIP_PREDICT_ROUTE is not defined for Vertex AI endpoint$/);
  const { AIP_PREDICT_ROUTE } = PREDICTION;
  refuses({ AIP_PREDICT_ROUTE }, words, /^AIP_HEALTH_ROUTE is not defined for Vertex AI endpoint$/);
  refuses({ ...PREDICTION, AIP_HEALTH_ROUTE: 'x' }, words, /AIP_HEALTH_ROUTE must begin with '\/'/);
  refuses({ ...PREDICTION, AIP_HTTP_PORT: 'x' }, words, /AIP_HTTP_PORT must be a port, got 'x'/);
});

test('two hosting services cannot share a port', () => {
  const words = [REPOSITORY, '--allow-sagemaker=1'];
  refuses(PREDICTION, words, /SageMaker requests and Vertex AI requests at the same address/);
});

test('what does not encrypt leaves no secure machine, and who is open is warned of', () => {
  const words = [REPOSITORY, '--allow-sagemaker=1', '--allow-http=0', '--secure'];
  settingsOf({}, ...words);
  refuses({}, [...words, '--http-address=0.0.0.0'], /--secure cannot be used with SageMaker/);
  const [warning = ''] = openApiWarnings(settingsOf(PREDICTION, REPOSITORY));
  assert.match(warning, /^anybody who reaches Vertex AI at 0\.0\.0\.0 may use model-repository/);
});

test('a library asks for them as options', () => {
  const modelRepository = '/models';
  const options = { modelRepository, sagemaker: { defaultModelName: 'm', port: 0 } };
  const { sagemaker, vertexAi } = settingsFromOptions(options);
  assert(sagemaker !== false);
  assert.deepEqual([sagemaker.port, sagemaker.defaultModelName], [0, 'm']);
  assert.deepEqual([sagemaker.address, vertexAi], ['0.0.0.0', false]);
});
