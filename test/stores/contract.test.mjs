/** The contract of model stores, held by each store against a real server. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { describeStore, fakePluginContext } from '@nereid/testing';
import azure from '../../packages/store-azure/dist/index.js';
import gcs from '../../packages/store-gcs/dist/index.js';
import s3 from '../../packages/store-s3/dist/index.js';
import { AZURE_ENVIRONMENT, startAzurite } from './azurite.mjs';
import { startFakeGcs } from './fake-gcs.mjs';
import { S3_ENVIRONMENT, startMinio } from './minio.mjs';

let buckets = 0;

/** Describes a store over a server; `open` makes the store for a bucket of it. */
function describeOver(name, start, open) {
  let server;
  describe(`with a server of ${name}`, () => {
    before(async () => {
      server = await start();
    });
    after(() => server?.stop());

    test('sees what does not fit on one page of a listing', async () => {
      const bucket = `pages-${++buckets}`;
      await server.makeBucket(bucket);
      const names = Array.from({ length: 1_050 }, (_, index) => `m${10_000 + index}`);
      const write = (model, content) =>
        server.write(bucket, `models/${model}/config.pbtxt`, content);
      for (let at = 0; at < names.length; at += 50) {
        await Promise.all(names.slice(at, at + 50).map((model) => write(model, 'old')));
      }
      const store = open(server, bucket);
      assert.deepEqual([...(await store.listModels())].sort(), names);
      const before = await store.scan();
      assert.deepEqual([...before.keys()].sort(), names);
      const last = names.at(-1);
      await write(last, 'changed');
      assert.notEqual((await store.scan()).get(last), before.get(last));
      await store.close();
    });

    describeStore(name, {
      async create() {
        const bucket = `contract-${++buckets}`;
        await server.makeBucket(bucket);
        return {
          store: open(server, bucket),
          write: (model, path, content) => server.write(bucket, `models/${model}/${path}`, content),
          remove: (model) => server.remove(bucket, `models/${model}/`),
          dispose: async () => {},
        };
      },
    });
  });
}

Object.assign(process.env, S3_ENVIRONMENT, AZURE_ENVIRONMENT);

describeOver('S3', startMinio, ({ address }, bucket) =>
  s3.createStore(`s3://${address}/${bucket}/models`, fakePluginContext()),
);

describeOver('Google Cloud Storage', startFakeGcs, ({ endpoint }, bucket) => {
  const settings = new Map([['endpoint', endpoint]]);
  return gcs.createStore(`gs://${bucket}/models`, fakePluginContext({ settings }));
});

describeOver('Azure Blob Storage', startAzurite, ({ endpoint, account }, bucket) => {
  const settings = new Map([['endpoint', endpoint]]);
  return azure.createStore(`as://${account}/${bucket}/models`, fakePluginContext({ settings }));
});
