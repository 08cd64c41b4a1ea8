/** MLServer, from PyPI, with a runtime that answers its input in Python. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeasuredServer } from '../measured-server.mjs';
import { ensureVenv } from './venv.mjs';

const RUNTIME_FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'mlserver');
/** Later versions of uvloop stop its workers. */
const PACKAGES = ['mlserver==1.7.1', 'uvloop<0.22'];
const NAME = 'mlserver';
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** What its form of the protocols does not have: binary data over HTTP, and shared memory. */
const FORMS = ['http-json', 'grpc'];
const GROUPS = ['python', 'python-600kB', 'python-batched', 'identity', 'identity-600kB'];
/** A batch waits for others, and is not cut short when nobody else asks: the shortest time that pays. */
const BATCHING = { max_batch_size: 64, max_batch_time: 0.001 };

export const mlserver = {
  name: NAME,
  title: 'MLServer 1.7',
  backends: {},
  heatRequests: 200,
  supports: ({ group, form }) => GROUPS.includes(group) && FORMS.includes(form),
  prepare: () => {
    install();
  },
  writeModels: (repository, names) => {
    for (const name of names) writeModel(join(repository, name), name);
  },
  start: (repository) =>
    MeasuredServer.launch(join(dirname(install()), 'mlserver'), {
      args: () => ['start', repository],
      // It says it is ready before it has loaded anything.
      readyPaths: readdirSync(repository).map((name) => `/v2/models/${name}/ready`),
      environment: (ports) => ({
        PYTHONPATH: RUNTIME_FOLDER,
        MLSERVER_HOST: '127.0.0.1',
        MLSERVER_HTTP_PORT: String(ports.http),
        MLSERVER_GRPC_PORT: String(ports.grpc),
        MLSERVER_METRICS_PORT: String(ports.metrics),
        MLSERVER_METRICS_DIR: repository,
        MLSERVER_DEBUG: 'false',
        MLSERVER_GRPC_MAX_MESSAGE_LENGTH: String(MAX_MESSAGE_BYTES),
      }),
    }),
};

function install() {
  return ensureVenv(NAME, PACKAGES);
}

function writeModel(folder, name) {
  mkdirSync(folder, { recursive: true });
  const settings = {
    name,
    implementation: 'identity_runtime.IdentityRuntime',
    ...(name === 'python_batched' && BATCHING),
  };
  writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(settings));
}
