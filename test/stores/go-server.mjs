/** Servers of the tests that are Go programs. */

import { join } from 'node:path';
import { ensureGoPrograms } from '../clients/toolchain.mjs';

/** Without optimizations, which take a third of the time to build and are of no use to a test. */
const FLAGS = ['-gcflags=all=-N -l', '-ldflags=-s -w'];
const BUILD_LIMIT_MS = 1_200_000;

/** The path of the program, which is built once. */
export async function ensureGoServer(name, module) {
  const folder = await ensureGoPrograms(name, [module], { flags: FLAGS, limitMs: BUILD_LIMIT_MS });
  return join(folder, name);
}
