/** `npm start`: makes the project current, then serves the example model repository on this machine only. */

import { join } from 'node:path';
import { ensureBuilt, root } from './bootstrap.mjs';

ensureBuilt();

const examples = [
  `--model-repository=${join(root, 'examples', 'model_repository')}`,
  '--model-control-mode=explicit',
  '--load-model=efficientnet_lite0_onnx',
  '--http-address=127.0.0.1',
  '--grpc-address=127.0.0.1',
  '--metrics-address=127.0.0.1',
];
process.argv.splice(2, 0, ...examples);
await import('../packages/server/dist/nereid.js');
