// Writes src/generated from the .proto files in the repository's protos folder: tables and types of
// the messages of the control plane, and the file descriptors that server reflection serves.
// With --check nothing is written; the exit status is 1 when what is committed differs.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { serializedFiles } from './file-descriptors.mjs';
import { messageModule } from './message-tables.mjs';

const PROTOS = fileURLToPath(new URL('../../../protos/', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/generated/', import.meta.url));
const FILES = [
  'model_config.proto',
  'grpc_service.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
  'grpc/reflection/v1alpha/reflection.proto',
];

function loadRoot(options) {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (target.startsWith(PROTOS) ? target : PROTOS + target);
  root.loadSync(FILES, options);
  root.resolveAll();
  return root;
}

// Members of objects are in camel case, fields of descriptors spelled as in the files.
const outputs = {
  'messages.ts': messageModule(loadRoot({ keepCase: false })),
  'file-descriptors.ts': serializedFiles(loadRoot({ keepCase: true }), {
    folder: PROTOS,
    files: FILES,
  }),
};

let stale = 0;
mkdirSync(TARGET, { recursive: true });
for (const [name, text] of Object.entries(outputs)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(TARGET + name, text);
  } else if (readFileSync(TARGET + name, 'utf8') !== text) {
    process.stderr.write(`src/generated/${name} does not match protos/: run npm run generate\n`);
    stale += 1;
  }
}
process.exitCode = stale === 0 ? 0 : 1;
