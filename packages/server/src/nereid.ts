#!/usr/bin/env node
/** The `nereid` command. */

import { runCommandLine } from './command-line.js';

// Models' threads and connections that ignore their closing must not keep the process.
process.exit(await runCommandLine(process.argv.slice(2)));
