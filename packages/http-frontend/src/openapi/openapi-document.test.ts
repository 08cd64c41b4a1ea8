import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type Frontend, InferError } from '@nereid/core';
import httpPlugin from '../http-plugin.js';
import { EchoServer, startFrontend } from '../http-test-kit.js';
import { parseRoute } from '../route.js';
import type { ModelInterface } from './model-schemas.js';
import { openApiDocument } from './openapi-document.js';
import { OPERATIONS } from './operations.js';

const MODEL: ModelInterface = {
  name: 'm',
  decoupled: false,
  inputs: [
    { name: 'A', datatype: 'INT8', shape: [-1, 2] },
    { name: 'B', datatype: 'BYTES', shape: [1] },
  ],
  outputs: [{ name: 'C', datatype: 'FP32', shape: [-1] }],
  optionalInputs: new Set(['B']),
};
const METADATA = { name: 'server', version: '1', extensions: [] };

// biome-ignore lint/suspicious/noExplicitAny: a document of this depth is read as it is
type Json = any;

function documentOf(...models: ModelInterface[]): Json {
  return JSON.parse(JSON.stringify(openApiDocument(METADATA, models)));
}

/** Every value of a member of that name, however deep. */
function valuesOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === name ? [member] : valuesOf(member, name),
  );
}

const server = new EchoServer();
let frontend: Frontend;
let base = '';
before(async () => {
  const started = await startFrontend(httpPlugin, server);
  frontend = started.frontend;
  base = `http://127.0.0.1:${started.address.port}`;
});
after(() => frontend.stop(0));

it('has each path where the routes find it', () => {
  for (const [endpoint, operations] of Object.entries(OPERATIONS)) {
    for (const path of operations.flatMap(({ paths }) => paths)) {
      const sample = path.replace('{version}', '1').replace(/\{\w+\}/g, 'x');
      assert.equal(parseRoute(sample)?.endpoint, endpoint, path);
    }
  }
});

it('refers to schemas that exist, and names no operation twice', () => {
  const document = documentOf(MODEL, { ...MODEL, name: 'n.1-x', decoupled: true });
  const references = valuesOf(document, '$ref').map((value) => String(value));
  assert.ok(references.length > 100);
  for (const reference of references) {
    const name = reference.replace('#/components/schemas/', '');
    assert.ok(document.components.schemas[name], reference);
  }
  const ids = valuesOf(document.paths, 'operationId');
  assert.equal(new Set(ids).size, ids.length);
});

it('uses each schema it has', () => {
  const document = documentOf(MODEL);
  const used = new Set(valuesOf(document, '$ref').map((value) => String(value)));
  for (const name of Object.keys(document.components.schemas)) {
    assert.ok(used.has(`#/components/schemas/${name}`), name);
  }
});

it('tells what a model takes, with an example', () => {
  const { schemas } = documentOf(MODEL).components;
  const { properties, examples } = schemas['InferRequest.m'];
  assert.equal(properties.inputs.minItems, 1);
  assert.equal(properties.inputs.maxItems, 2);
  const [a, b] = properties.inputs.items.anyOf;
  assert.deepEqual(a.properties.name, { const: 'A' });
  assert.deepEqual(a.properties.shape.prefixItems, [{ type: 'integer', minimum: 0 }, { const: 2 }]);
  assert.deepEqual(a.properties.data.items.anyOf[0], {
    type: 'integer',
    minimum: -128,
    maximum: 127,
  });
  assert.deepEqual(b.properties.datatype, { const: 'BYTES' });
  assert.deepEqual(examples, [
    { inputs: [{ name: 'A', datatype: 'INT8', shape: [1, 2], data: [0, 0] }] },
  ]);
  assert.deepEqual(schemas['GenerateRequest.m'].required, ['A']);
});

it('gives no example for what is large or cannot be JSON', () => {
  for (const input of [
    { name: 'A', datatype: 'FP32', shape: [3, 224, 224] },
    { name: 'A', datatype: 'FP16', shape: [1] },
  ] as const) {
    const { schemas } = documentOf({ ...MODEL, inputs: [input] }).components;
    assert.equal(schemas['InferRequest.m'].examples, undefined);
  }
});

it('has no infer for a decoupled model, and nothing for a name that no path can hold', () => {
  const { paths } = documentOf({ ...MODEL, decoupled: true }, { ...MODEL, name: 'a b' });
  const ofModels = Object.keys(paths).filter((path) => /^\/v2\/models\/[am]\b/.test(path));
  assert.deepEqual(ofModels, ['/v2/models/m/generate_stream']);
});

it('is served with the ready models', async () => {
  const response = await fetch(`${base}/v2/openapi.json`);
  assert.equal(response.headers.get('content-type'), 'application/json');
  const document: Json = await response.json();
  assert.equal(document.openapi, '3.1.0');
  assert.ok(document.paths['/v2/models/echo/infer'].post);
  const [example] = document.components.schemas['InferRequest.echo'].examples;
  const answer = await fetch(`${base}/v2/models/echo/infer`, {
    method: 'POST',
    body: JSON.stringify(example),
  });
  assert.equal(answer.status, 200, await answer.text());
});

it('is served without a model that has gone meanwhile', async (t) => {
  t.mock.method(server, 'modelMetadata', () => {
    throw new InferError('NOT_FOUND', 'gone');
  });
  const document: Json = await (await fetch(`${base}/v2/openapi.json`)).json();
  assert.equal(document.paths['/v2/models/echo/infer'], undefined);
  assert.ok(document.paths['/v2/models/{model}/infer']);
});

it('takes the verbs it documents, and no others', async () => {
  for (const operations of Object.values(OPERATIONS)) {
    const methods = operations.map(({ method }) => method.toUpperCase());
    const [path = ''] = operations[0]?.paths ?? [];
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const target = base + path.replace(/\{\w+\}/g, 'x');
      const { status, headers } = await fetch(target, { method });
      assert.equal(status === 405, !methods.includes(method), `${method} ${path}`);
      assert.equal(headers.get('allow'), status === 405 ? methods.join(', ') : null);
    }
  }
});

it('has a page that may run and load nothing but what is its own', async () => {
  const response = await fetch(`${base}/v2/docs`);
  const page = await response.text();
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+';/);
  assert.ok(page.includes('<style>:root'));
  assert.ok(page.includes('<script type="module">/**'));
  assert.ok(!page.includes('://'));
  assert.match(page, /<input id="token" type="password"/);
});

it('tells how to send a token, which need not be needed', () => {
  const { security, components } = documentOf(MODEL);
  assert.deepEqual(security, [{}, { bearer: [] }, { key: [] }]);
  const { bearer, key } = components.securitySchemes;
  assert.deepEqual([bearer.type, bearer.scheme], ['http', 'bearer']);
  assert.deepEqual([key.type, key.in, key.name], ['apiKey', 'header', 'X-API-Key']);
  assert.match(bearer.description, /None is needed unless the operator has set some/);
});
