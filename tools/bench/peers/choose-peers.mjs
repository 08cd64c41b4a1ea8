/**
 * The servers that are compared. A peer is `{ name, title, backends, supports, prepare, start }`:
 * `backends` replaces backends of model configurations that it does not have, `supports(workload)`
 * says whether it can serve one, `prepare()` installs it, and `start(repository)` resolves with a
 * `MeasuredServer`. `heatRequests` of a workload make its code as fast as it gets. One that does not read Triton's repositories has its own
 * `writeModels(repository, names)`.
 */

import { ensurePython } from '../../python-environment.mjs';
import { mlserver } from './mlserver.mjs';
import { nereid } from './nereid.mjs';
import { pythonOfTriton, triton } from './triton.mjs';

const PEERS = {
  nereid: ({ nereidFlags, profileFolder, names }) => {
    // With Triton, both run their models with the same Python.
    const python = names.includes('triton') ? pythonOfTriton : ensurePython;
    return nereid({ flags: nereidFlags, python, profileFolder });
  },
  triton: () => triton,
  mlserver: () => mlserver,
};

export const PEER_NAMES = Object.keys(PEERS);

/** In the order of the names; the first is the one that the others are compared with. */
export function choosePeers(names, { nereidFlags = [], profileFolder } = {}) {
  const unknown = names.filter((name) => !(name in PEERS));
  if (unknown.length > 0) throw new Error(`there is no peer ${unknown.join(', ')}`);
  return names.map((name) => PEERS[name]({ nereidFlags, profileFolder, names }));
}
