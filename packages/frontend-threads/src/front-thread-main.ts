/** The module that a front-end thread runs. */

import { parentPort, workerData } from 'node:worker_threads';
import { FrontThread, type FrontThreadData } from './front-thread.js';

await FrontThread.start(workerData as FrontThreadData);
parentPort?.postMessage('ready');
