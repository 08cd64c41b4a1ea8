import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { startServer } from '../server-process.mjs';

test('a prediction container of Vertex AI is set up by its environment', async (t) => {
  const models = await writeModels(t, {
    echo: { config: modelConfig('javascript'), source: ECHO_SOURCE },
  });
  // HTTP and gRPC are off in such a container; they tell the test that the server is ready.
  const flags = ['--allow-http=true', '--allow-grpc=true', '--vertex-ai-port=0'];
  const server = await startServer(flags, {
    environment: {
      AIP_MODE: 'PREDICTION',
      AIP_PREDICT_ROUTE: '/v1/predict',
      AIP_HEALTH_ROUTE: '/v1/health',
      AIP_STORAGE_URI: models,
    },
  });
  t.after(() => server.kill());
  const endpoint = `http://${server.address('Vertex AI Service')}`;
  assert.equal((await fetch(`${endpoint}/v1/health`)).status, 200);

  const predict = (body, headers = {}) =>
    fetch(`${endpoint}/v1/predict`, { method: 'POST', body, headers });
  const request = JSON.stringify(fp32Request([1, 2]));
  const answer = await predict(request);
  assert.equal(answer.status, 200);
  assert.deepEqual((await answer.json()).outputs[0].data, [1, 2]);

  const field = 'X-Vertex-Ai-Triton-Redirect';
  const metadata = await predict('', { [field]: 'v2/models/echo' });
  assert.equal((await metadata.json()).name, 'echo');
  const metrics = await (await predict('', { [field]: 'metrics' })).text();
  assert.match(metrics, /nv_inference_request_success\{model="echo",version="1"\} 1/);
});
