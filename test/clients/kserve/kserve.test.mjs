/** The inference clients of the KServe Python SDK, in a virtual environment of their own. */

import { join } from 'node:path';
import { runReportingProgram, stockClientTest } from '../stock-client.mjs';
import { ensureVirtualEnvironment } from '../toolchain.mjs';

const REQUIREMENTS = ['kserve==0.21.0', 'numpy==2.4.6'];
const PROGRAM = join(import.meta.dirname, 'client.py');

stockClientTest('the KServe SDK', {
  prepare: () => ensureVirtualEnvironment('kserve', REQUIREMENTS),
  check: (t, server, python) => runReportingProgram(t, server, [python, PROGRAM]),
});
