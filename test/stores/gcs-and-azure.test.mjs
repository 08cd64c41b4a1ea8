/** Servers whose models are in fake-gcs-server and in Azurite, seen through a proxy. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { modelConfig } from '../e2e/model-folder.mjs';
import { AZURE_ENVIRONMENT, startAzurite } from './azurite.mjs';
import { startProxy } from './counting-proxy.mjs';
import { startFakeGcs } from './fake-gcs.mjs';
import {
  ask,
  cachedFile,
  changeWhileFetched,
  eventually,
  load,
  makeFolder,
  scaleSource,
  serve,
  unload,
  writeModel,
} from './repository.mjs';

const MEBIBYTE = 2 ** 20;
const EXPLICIT = '--model-control-mode=explicit';
const QUICK = '--store-config=max_attempts=2';

/** What differs: how the server under test is pointed to the store, and gets in. */
const STORES = {
  'Google Cloud Storage': {
    start: startFakeGcs,
    args: (proxy, bucket) => [
      `--model-repository=gs://${bucket}/models`,
      `--store-config=gs,endpoint=http://${proxy.address}`,
    ],
    environment: {},
  },
  'Azure Blob Storage': {
    start: startAzurite,
    args: (proxy, bucket, { account }) => [
      `--model-repository=as://${account}/${bucket}/models`,
      `--store-config=as,endpoint=http://${proxy.address}/${account}`,
    ],
    environment: AZURE_ENVIRONMENT,
  },
};

for (const [name, store] of Object.entries(STORES)) describeStore(name, store);

function describeStore(name, { start, args, environment }) {
  let remote;
  let proxy;
  let buckets = 0;

  async function makeBucket() {
    const bucket = `models-${++buckets}`;
    await remote.makeBucket(bucket);
    return { bucket, location: args(proxy, bucket, remote) };
  }

  describe(name, () => {
    before(async () => {
      remote = await start();
      proxy = await startProxy(remote.port);
    });
    after(async () => {
      await proxy?.stop();
      await remote?.stop();
    });
    afterEach(() => {
      proxy.fault = () => undefined;
    });

    test('fetches only what changed since the last load', async (t) => {
      const { bucket, location } = await makeBucket();
      await writeModel(remote, [bucket, 'm']);
      await remote.write(bucket, 'models/m/1/weights.bin', randomBytes(MEBIBYTE));
      const server = await serve(t, [...location, EXPLICIT, '--load-model=m'], { environment });
      assert.equal(await ask(server, 'm', 5), 5);
      proxy.reset();
      await unload(server, 'm');
      await load(server, 'm');
      assert.equal(await ask(server, 'm', 5), 5);
      assert.deepEqual(proxy.reads, []);
      await remote.write(bucket, 'models/m/1/model.js', scaleSource(3));
      await load(server, 'm');
      assert.equal(await ask(server, 'm', 5), 15);
      assert.equal(proxy.reads.length, 1);
    });

    test('polling sees a model that changed, without reading others', async (t) => {
      const { bucket, location } = await makeBucket();
      for (const model of ['a', 'b']) await writeModel(remote, [bucket, model]);
      const polling = ['--model-control-mode=poll', '--repository-poll-secs=1'];
      const server = await serve(t, [...location, ...polling], { environment });
      proxy.reset();
      await remote.write(bucket, 'models/b/1/model.js', scaleSource(2));
      await eventually(async () => (await ask(server, 'b')) === 2, 'the change');
      assert.equal(proxy.reads.length, 1);
    });

    test('a connection that breaks is made again where it broke', async (t) => {
      const { bucket, location } = await makeBucket();
      await writeModel(remote, [bucket, 'm']);
      await remote.write(bucket, 'models/m/1/weights.bin', randomBytes(4 * MEBIBYTE));
      proxy.reset();
      proxy.fault = ({ path }) =>
        path.includes('weights.bin') ? { cutAfterBytes: 3 * MEBIBYTE } : undefined;
      // Google's SDK leaves it to the timeout to notice.
      const options = [QUICK, '--store-config=request_timeout_seconds=2'];
      const server = await serve(t, [...location, ...options], { environment });
      assert.equal(await ask(server, 'm'), 1);
      const reads = proxy.reads.filter(({ path }) => path.includes('weights.bin'));
      assert.ok(reads.length >= 2, `${reads.length} reads`);
      const totalBytes = reads.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
      assert.ok(totalBytes < 5 * MEBIBYTE, `${totalBytes} bytes for a file of 4 MiB`);
    });

    test('an object that changes while it is fetched is fetched anew', async (t) => {
      const { bucket, location } = await makeBucket();
      await writeModel(remote, [bucket, 'm']);
      const [before, then] = [randomBytes(2 * MEBIBYTE), randomBytes(2 * MEBIBYTE)];
      await remote.write(bucket, 'models/m/1/weights.bin', before);
      proxy.fault = changeWhileFetched('weights.bin', () =>
        remote.write(bucket, 'models/m/1/weights.bin', then),
      );
      const cache = await makeFolder(t);
      const settings = [`cache_directory=${cache}`, 'request_timeout_seconds=2'];
      const args = [...location, ...settings.map((setting) => `--store-config=${setting}`)];
      await serve(t, args, { environment });
      assert.ok(cachedFile(cache, 'm/1/weights.bin').equals(then));
    });

    test('a store that fails in the middle of a load leaves the running version', async (t) => {
      const { bucket, location } = await makeBucket();
      await writeModel(remote, [bucket, 'm']);
      const server = await serve(t, [...location, EXPLICIT, '--load-model=m', QUICK], {
        environment,
      });
      await remote.write(bucket, 'models/m/1/model.js', scaleSource(2));
      proxy.fault = ({ path }) => (path.includes('model.js') ? { cutAfterBytes: 0 } : undefined);
      const { status, body } = await load(server, 'm');
      assert.equal(status, 500);
      assert.match(body.error, /cannot fetch (?:gs|as):\/\/.*\/models\/m\/1\/model.js/);
      assert.equal(await ask(server, 'm'), 1);
    });

    test('names a bucket that is not there', async (t) => {
      const server = await serve(t, args(proxy, 'no-such-bucket', remote), { environment });
      assert.equal(server.exitCode, 1);
      assert.match(server.log, /:\/\/.*no-such-bucket\/models: there is no such bucket/);
    });
  });
}

describe('Azure Blob Storage, in particular', () => {
  let azurite;
  before(async () => {
    azurite = await startAzurite();
    await azurite.makeBucket('private');
    await writeModel(azurite, ['private', 'm']);
    await azurite.makeBucket('public', 'container');
    await writeModel(azurite, ['public', 'm']);
  });
  after(() => azurite?.stop());

  const location = (container) => [
    `--model-repository=as://${azurite.account}/${container}/models`,
    `--store-config=as,endpoint=${azurite.endpoint}`,
  ];
  const nobody = { AZURE_STORAGE_ACCOUNT: '', AZURE_STORAGE_KEY: '' };

  test('refuses a wrong key, and shows no key', async (t) => {
    const key = Buffer.from('another key').toString('base64');
    const environment = { ...AZURE_ENVIRONMENT, AZURE_STORAGE_KEY: key };
    const server = await serve(t, location('private'), { environment });
    assert.equal(server.exitCode, 1);
    assert.match(server.log, /as:\/\/tester\/private\/models: access denied/);
    assert.ok(!server.log.includes(key));
  });

  test('reads a public container without a key, and no other', async (t) => {
    const server = await serve(t, location('public'), { environment: nobody });
    assert.equal(await ask(server, 'm'), 1);
    const refused = await serve(t, location('private'), { environment: nobody });
    assert.equal(refused.exitCode, 1);
  });

  test('takes the key from the credential file', async (t) => {
    const file = join(await makeFolder(t), 'credentials.json');
    const { AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_KEY } = AZURE_ENVIRONMENT;
    const entry = { account_str: AZURE_STORAGE_ACCOUNT, account_key: AZURE_STORAGE_KEY };
    await writeFile(file, JSON.stringify({ as: { 'as://tester/private': entry } }));
    const environment = { ...nobody, TRITON_CLOUD_CREDENTIAL_PATH: file };
    const server = await serve(t, location('private'), { environment });
    assert.equal(await ask(server, 'm'), 1);
  });

  test('knows folders of accounts with a hierarchical namespace', async (t) => {
    await azurite.makeBucket('hierarchical');
    await azurite.makeFolder('hierarchical', 'models/m');
    await azurite.makeFolder('hierarchical', 'models/m/1');
    await azurite.write('hierarchical', 'models/m/config.pbtxt', modelConfig('identity'));
    const server = await serve(t, location('hierarchical'), { environment: AZURE_ENVIRONMENT });
    assert.equal(await ask(server, 'm', 4), 4);
  });

  test('refuses a location with a token in it without repeating the token', async (t) => {
    const server = await serve(t, ['--model-repository=as://tester/private?sig=geheim'], {});
    assert.equal(server.exitCode, 1);
    assert.match(server.log, /an Azure location is as:\/\/<account>\/<container>/);
    assert.ok(!server.log.includes('geheim'));
  });
});

test('a Google key file that cannot be read is named', async (t) => {
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: '/nonexistent/key.json' };
  const server = await serve(t, ['--model-repository=gs://bucket/models'], { environment });
  assert.equal(server.exitCode, 1);
  assert.match(server.log, /cannot connect to gs:\/\/bucket\/models: .*\/nonexistent\/key.json/);
});
