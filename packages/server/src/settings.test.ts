import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSettings } from './check-settings.js';
import { parseFlags, UsageError } from './flags/parse-flags.js';
import type { ServerOptions } from './server-settings.js';
import { settingsFromFlags } from './settings-from-flags.js';
import { settingsFromOptions } from './settings-from-options.js';

function settingsOf(...words: readonly string[]) {
  const settings = settingsFromFlags(parseFlags(words));
  checkSettings(settings);
  return settings;
}

function refuses(words: readonly string[], message: string): void {
  assert.throws(
    () => settingsOf(...words),
    (error) => error instanceof UsageError && error.message.includes(message),
  );
}

const REPOSITORY = '--model-repository=/models';

test('needs a model repository, by either name of the flag', () => {
  refuses([], '--model-repository must be specified');
  const { modelRepository } = settingsOf('--model-store=/a', '--model-repository=/b');
  assert.deepEqual(modelRepository, ['/b', '/a']);
});

test('refuses threads for transports that listen themselves', () => {
  const threads = '--frontend-threads=2';
  const transports = ['--http-transport=node', '--grpc-transport=grpc-js'];
  for (const transport of transports) {
    const words = [REPOSITORY, threads, transport];
    refuses(words, `--frontend-threads cannot be used with ${transport}`);
  }
});

test('refuses two services at one address and port, in the words of Triton', () => {
  refuses(
    [REPOSITORY, '--http-port=7000', '--grpc-port=7000'],
    'The server cannot listen to HTTP requests and GRPC requests at the same address and port ' +
      '0.0.0.0:7000',
  );
  settingsOf(REPOSITORY, '--http-port=7000', '--grpc-port=7000', '--grpc-address=127.0.0.1');
  settingsOf(REPOSITORY, '--http-port=7000', '--grpc-port=7000', '--allow-grpc=false');
  settingsOf(REPOSITORY, '--http-port=0', '--grpc-port=0', '--metrics-port=0');
});

test('start-up models need explicit mode, and * stands alone', () => {
  refuses([REPOSITORY, '--load-model=m'], "Use of '--load-model' requires setting");
  const explicit = '--model-control-mode=explicit';
  refuses([REPOSITORY, explicit, '--load-model=*', '--load-model=m'], 'must be the only one');
  assert.deepEqual(settingsOf(REPOSITORY, explicit, '--load-model=*').loadModel, ['*']);
});

test('an empty model configuration name is refused', () => {
  refuses([REPOSITORY, '--model-config-name='], 'empty argument for --model-config-name');
});

test('a service that is not allowed is off', () => {
  const settings = settingsOf(REPOSITORY, '--allow-http=false', '--allow-metrics=false');
  assert.equal(settings.http, false);
  assert.equal(settings.metrics, false);
});

test('metrics are served where HTTP is, unless told otherwise', () => {
  const addressOf = (flag: string) => {
    const { metrics } = settingsOf(REPOSITORY, flag);
    return metrics === false ? 'off' : metrics.address;
  };
  assert.equal(addressOf('--http-address=127.0.0.1'), '127.0.0.1');
  assert.equal(addressOf('--metrics-address=127.0.0.2'), '127.0.0.2');
});

test('backend settings are kept by backend, those for all under the empty name', () => {
  const { backendConfig } = settingsOf(
    REPOSITORY,
    '--backend-config=default-max-batch-size=8',
    '--backend-config=python,shm-region-prefix-name=a=b',
    '--backend-config=python,x=1',
  );
  assert.deepEqual(backendConfig, {
    '': { 'default-max-batch-size': '8' },
    python: { 'shm-region-prefix-name': 'a=b', x: '1' },
  });
  refuses(
    [REPOSITORY, '--backend-config=nonsense'],
    "format is '<backend name>,<setting>=<value>'",
  );
});

test('the settings of repository agents are kept by agent, and need one', () => {
  const { repoagentConfig } = settingsOf(
    REPOSITORY,
    '--repoagent-config=decrypt,key_source=command:get --id=3',
    '--repoagent-config=decrypt,directory=/dev/shm',
  );
  assert.deepEqual(repoagentConfig, {
    decrypt: { key_source: 'command:get --id=3', directory: '/dev/shm' },
  });
  refuses(
    [REPOSITORY, '--repoagent-config=directory=/x'],
    "'<repository agent>,<setting>=<value>'",
  );
});

test('plugins of any kind are searched in all plugin folders', () => {
  const { pluginDirectories } = settingsOf(
    REPOSITORY,
    '--backend-directory=/b',
    '--plugin-directory=/p',
    '--plugin-directory=/q',
    '--cache-directory=/c',
  );
  assert.deepEqual(pluginDirectories, ['/p', '/q', '/b', '/c']);
});

test('the older flag for auto-completion still turns it off', () => {
  assert.equal(settingsOf(REPOSITORY).disableAutoCompleteConfig, false);
  assert.equal(settingsOf(REPOSITORY, '--strict-model-config=1').disableAutoCompleteConfig, true);
});

test('the mutual flag turns encryption on, which needs a certificate', () => {
  refuses([REPOSITORY, '--grpc-use-ssl-mutual=false'], '--grpc-use-ssl needs --grpc-server-cert');
  refuses([REPOSITORY, '--http-use-ssl=true'], '--http-use-ssl needs --http-server-cert');
  refuses([REPOSITORY, '--metrics-use-ssl-mutual=1'], '--metrics-use-ssl needs --metrics-server-');
});

test('options of the library are completed with the defaults of the flags', () => {
  const options: ServerOptions = {
    modelRepository: '/models',
    http: { address: '127.0.0.1', port: 0 },
    grpc: false,
    log: { logInfo: false },
  };
  const settings = settingsFromOptions(options);
  assert.deepEqual(settings, {
    ...settingsOf('--model-repository=/models', '--http-address=127.0.0.1', '--http-port=0'),
    grpc: false,
    log: { ...settings.log, logInfo: false },
  });
  assert.equal(settings.log.logError, true);
});

test('the response cache has its settings from one option or several', () => {
  const cacheOf = (...words: readonly string[]) => settingsOf(REPOSITORY, ...words).cacheConfig;
  assert.deepEqual(cacheOf(), {});
  assert.deepEqual(cacheOf('--cache-config=local,size=1048576'), { local: { size: '1048576' } });
  const address = { host: 'there', port: '6379' };
  assert.deepEqual(cacheOf('--cache-config=redis,host=there', '--cache-config=redis,port=6379'), {
    redis: address,
  });
  assert.deepEqual(cacheOf('--cache-config=redis,host=there,port=6379'), { redis: address });
  assert.deepEqual(cacheOf('--cache-config=redis,password=a,b=,c', '--cache-config=redis,b=1'), {
    redis: { password: 'a', b: '1' },
  });
  assert.deepEqual(cacheOf('--cache-config=redis,password=a,b,c'), {
    redis: { password: 'a,b,c' },
  });
});

test('the older flag of the response cache means the local one', () => {
  const flag = '--response-cache-byte-size';
  assert.deepEqual(settingsOf(REPOSITORY, `${flag}=4096`).cacheConfig, { local: { size: '4096' } });
  assert.deepEqual(settingsOf(REPOSITORY, `${flag}=0`).cacheConfig, {});
  refuses([REPOSITORY, `${flag}=-1`], 'the least is 0');
  refuses(
    [REPOSITORY, `${flag}=1`, '--cache-config=local,size=1'],
    'Incompatible flags --response-cache-byte-size and --cache-config both provided.',
  );
});

test('refuses response caches that make no sense, in the words of Triton', () => {
  for (const option of ['local', 'size=1048576', ',size=1048576', '']) {
    refuses(
      [REPOSITORY, `--cache-config=${option}`],
      'Bad option: "--cache-config".\nNo cache specified. --cache-config option format is ' +
        `<cache name>,<setting>=<value>. Got ${option}`,
    );
  }
  refuses(
    [REPOSITORY, '--cache-config=local,size'],
    "--cache-config option format is '<cache name>,<setting>=<value>'. Got local,size",
  );
  refuses(
    [REPOSITORY, '--cache-config=local,size=1', '--cache-config=redis,host=x'],
    'found multiple cache configurations, but only a single cache is currently supported',
  );
});
