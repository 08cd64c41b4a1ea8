import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRoute } from './route.js';

it('finds model, version and action', () => {
  assert.deepEqual(parseRoute('/v2/models/m.1/versions/007/infer'), {
    endpoint: 'infer',
    name: 'm.1',
    version: '007',
    repository: '',
  });
  assert.equal(parseRoute('/v2/models/m/trace/setting')?.endpoint, 'modelTrace');
});

it('takes statistics of all models before a model of that name, which it takes elsewhere', () => {
  assert.equal(parseRoute('/v2/models/stats')?.endpoint, 'statistics');
  assert.equal(parseRoute('/v2/models/stats/ready')?.endpoint, 'modelReady');
  assert.equal(parseRoute('/v2/models/stats/ready')?.name, 'stats');
});

it('finds repository and model', () => {
  const { endpoint, name, repository } = parseRoute('/v2/repository/r/models/m/unload') ?? {};
  assert.deepEqual([endpoint, name, repository], ['repositoryUnload', 'm', 'r']);
  assert.equal(parseRoute('/v2/repository/models/index')?.repository, 'models');
});

it('reads names as UTF-8, of which the path has one character per byte', () => {
  const path = Buffer.from('/v2/models/h\u00e9', 'utf8').toString('latin1');
  assert.equal(parseRoute(path)?.name, 'h\u00e9');
});

it('knows no members of objects as actions', () => {
  assert.equal(parseRoute('/v2/models/m/constructor'), undefined);
  assert.equal(parseRoute('/v2/models/m/__proto__'), undefined);
});
