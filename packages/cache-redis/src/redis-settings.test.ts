import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseRedisSettings } from './redis-settings.js';

const parse = (settings: Readonly<Record<string, string>>, environment = {}) =>
  parseRedisSettings(new Map(Object.entries(settings)), environment);

const ADDRESS = { host: 'redis', port: '6379' };

describe('the settings of the redis cache', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nereid-redis-'));
    for (const name of ['a.pem', 'b.pem']) await writeFile(join(folder, name), `text of ${name}`);
  });
  after(() => rm(folder, { recursive: true }));

  it('have defaults for all but the address', () => {
    assert.deepEqual(parse(ADDRESS), {
      host: 'redis',
      port: 6379,
      user: undefined,
      password: undefined,
      database: 0,
      connectTimeoutMs: 5000,
      commandTimeoutMs: 250,
      connectionCount: 1,
      ttlSeconds: 0,
      tls: undefined,
    });
  });

  it('are in force when they are given', () => {
    const settings = parse({
      ...ADDRESS,
      user: 'u',
      password: 'p,=x',
      db: '3',
      connect_timeout: '100',
      socket_timeout: '20',
      pool_size: '4',
      ttl: '60',
    });
    assert.deepEqual(
      [settings.user, settings.password, settings.database, settings.ttlSeconds],
      ['u', 'p,=x', 3, 60],
    );
    assert.deepEqual(
      [settings.connectTimeoutMs, settings.commandTimeoutMs, settings.connectionCount],
      [100, 20, 4],
    );
  });

  it('take user and password from the environment, where they are not given', () => {
    const environment = { TRITONCACHE_REDIS_USERNAME: 'u', TRITONCACHE_REDIS_PASSWORD: 'p' };
    const { user, password } = parse(ADDRESS, environment);
    assert.deepEqual([user, password], ['u', 'p']);
    assert.equal(parse({ ...ADDRESS, user: 'other' }, environment).user, 'other');
  });

  it('keep a limit where Triton means none by 0', () => {
    const settings = parse({ ...ADDRESS, connect_timeout: '0', socket_timeout: '0' });
    assert.deepEqual([settings.connectTimeoutMs, settings.commandTimeoutMs], [5000, 250]);
  });

  it('read the files of an encrypted connection', () => {
    const file = join(folder, 'a.pem');
    const { tls } = parse({ ...ADDRESS, cert: file, key: file, cacert_dir: folder, sni: 'name' });
    assert.deepEqual(tls, {
      cert: 'text of a.pem',
      key: 'text of a.pem',
      authorities: ['text of a.pem', 'text of b.pem'],
      serverName: 'name',
    });
  });

  it('encrypt when told to, and do not when told not to', () => {
    assert.deepEqual(parse({ ...ADDRESS, tls_enabled: 'true' }).tls, {
      cert: undefined,
      key: undefined,
      authorities: [],
      serverName: undefined,
    });
    assert.equal(parse({ ...ADDRESS, tls_enabled: 'false', sni: 'name' }).tls, undefined);
  });

  const refused: Readonly<Record<string, [Record<string, string>, RegExp]>> = {
    'no host': [{ port: '1' }, /Must at a minimum specify 'host' and 'port'/],
    'no port': [{ host: 'redis' }, /Must at a minimum specify 'host' and 'port'/],
    'a port that is none': [{ host: 'redis', port: '66000' }, /'port' must be a number from 1 to/],
    'a negative timeout': [{ ...ADDRESS, socket_timeout: '-1' }, /'socket_timeout' must be/],
    'no connections': [{ ...ADDRESS, pool_size: '0' }, /'pool_size' must be a number from 1 to 64/],
    'a word that is neither true nor false': [
      { ...ADDRESS, tls_enabled: 'maybe' },
      /'tls_enabled' must be true or false, got 'maybe'/,
    ],
    'a file that is not there': [{ ...ADDRESS, cacert: '/nowhere.pem' }, /'cacert' cannot be read/],
    'a setting that it does not have': [
      { ...ADDRESS, hots: 'x' },
      /unknown setting 'hots'; expected one of host, port, user/,
    ],
  };
  for (const [what, [settings, message]] of Object.entries(refused)) {
    it(`refuse ${what}`, () => {
      assert.throws(() => parse(settings), { code: 'INVALID_ARG', message });
    });
  }
});
