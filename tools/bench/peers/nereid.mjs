/** This repository's server, as it was built. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeasuredServer } from '../measured-server.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const LAUNCHER = join(root, 'packages', 'server', 'dist', 'nereid.js');

/** `flags` are added to its command line; its Python models run with `python`. */
export function nereid({ flags = [], python }) {
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
      const command = [process.execPath, LAUNCHER, ...flags];
      return MeasuredServer.start(command, repository, { environment });
    },
  };
}
