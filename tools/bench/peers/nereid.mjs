/** This repository's server, as it was built. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeasuredServer } from '../measured-server.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const LAUNCHER = join(root, 'packages', 'server', 'dist', 'nereid.js');

/**
 * `flags` are added to its command line; its Python models run with `python`, which is a function. With
 * a `profileFolder` it writes a CPU profile of each of its threads there when it ends.
 */
export function nereid({ flags = [], python, profileFolder }) {
  return {
    name: 'nereid',
    title: 'Nereid',
    backends: {},
    heatRequests: 20_000,
    supports: () => true,
    prepare: () => {
      if (!existsSync(LAUNCHER)) throw new Error(`build the project first: ${LAUNCHER} is missing`);
    },
    start: (repository) => {
      const environment = python ? { PATH: `${dirname(python())}:${process.env.PATH}` } : {};
      const profiling = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
      const command = [process.execPath, ...profiling, LAUNCHER, ...flags];
      return MeasuredServer.start(command, repository, { environment });
    },
  };
}
