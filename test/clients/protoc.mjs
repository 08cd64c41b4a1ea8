/** Stubs from the project's .proto files, as a user of the protocol makes them. */

import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../e2e/server-process.mjs';
import { ensureInstalled, mustRun, onceFor } from './toolchain.mjs';

const PROTOS = join(root, 'protos');
export const PROTO_FILES = ['model_config.proto', 'grpc_service.proto'];

/**
 * Runs protoc with these options on the inference service and what it imports, when these files or the
 * options changed; `folder` receives the stubs. `tools` is added to the program path, for plugins.
 */
export async function generateStubs({ folder, options, tools = '' }) {
  await ensureInstalled(['protoc'], ['protobuf-compiler']);
  const texts = PROTO_FILES.map((name) => readFileSync(join(PROTOS, name), 'utf8'));
  const env = { PATH: `${tools}${delimiter}${process.env.PATH}` };
  const args = [`--proto_path=${PROTOS}`, ...options, ...PROTO_FILES];
  await onceFor(folder, [args, texts], () => mustRun('protoc', args, { env }));
}
