/** A C++ program with stubs generated from protos/ by the stock generators. */

import { join } from 'node:path';
import { generateStubs } from '../protoc.mjs';
import { runReportingProgram, stockClientTest } from '../stock-client.mjs';
import { cacheFolder, ensureInstalled, mustRun } from '../toolchain.mjs';

const PACKAGES = [
  'cmake',
  'g++',
  'libgrpc++-dev',
  'libprotobuf-dev',
  'make',
  'pkg-config',
  'protobuf-compiler',
  'protobuf-compiler-grpc',
];
const PROGRAMS = ['cmake', 'g++', 'make', 'pkg-config', 'protoc', 'grpc_cpp_plugin'];
const HEADERS = ['/usr/include/grpcpp/grpcpp.h', '/usr/include/google/protobuf/message.h'];

/** Builds under the cache, only what changed, and resolves with the program. */
async function prepare() {
  await ensureInstalled([...PROGRAMS, ...HEADERS], PACKAGES);
  const plugin = (await mustRun('which', ['grpc_cpp_plugin'])).trim();
  const stubs = cacheFolder('cpp', 'stubs');
  const build = cacheFolder('cpp', 'build');
  await generateStubs({
    folder: stubs,
    options: [`--cpp_out=${stubs}`, `--grpc_out=${stubs}`, `--plugin=protoc-gen-grpc=${plugin}`],
  });
  await mustRun('cmake', ['-S', import.meta.dirname, '-B', build, `-DSTUBS=${stubs}`]);
  await mustRun('cmake', ['--build', build, '--parallel', '2']);
  return join(build, 'client');
}

stockClientTest('a C++ client', {
  prepare,
  check: (t, server, program) => runReportingProgram(t, server, [program]),
});
