import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from '../server-process.mjs';

const FIXTURES = join(root, 'packages', 'http-frontend', 'fixtures');
const models = `--model-repository=${join(root, 'examples', 'model_repository')}`;

test('HTTP and metrics are encrypted from the command line', async (t) => {
  const listeners = ['http', 'metrics'];
  const flags = listeners.flatMap((name) => [
    `--${name}-use-ssl=true`,
    `--${name}-server-cert=${join(FIXTURES, 'server.pem')}`,
    `--${name}-server-key=${join(FIXTURES, 'server-key.pem')}`,
  ]);
  const explicit = '--model-control-mode=explicit';
  const server = await startServer([models, explicit, ...flags], { waitForReady: false });
  t.after(() => server.kill());
  assert.equal(await statusOf(server.address('HTTPService'), '/v2/health/live'), 200);
  assert.equal(await statusOf(server.address('Metrics Service'), '/metrics'), 200);
  await assert.rejects(fetch(`${server.http}/v2/health/live`));
});

function statusOf(address, path) {
  const [host, port] = address.split(':');
  const ca = readFileSync(join(FIXTURES, 'root.pem'));
  return new Promise((resolve, reject) => {
    get({ host, port, path, ca, servername: 'localhost', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}
