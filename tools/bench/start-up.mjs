/** How long the server takes to be ready with the classifier of the examples, and what it occupies then. */

import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spread } from './statistics.mjs';

const CLASSIFIER = 'efficientnet_lite0_onnx';
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** After it is ready, until its memory is looked at. */
const SETTLE_MS = 1000;

/** Resolves with `startMs` and `residentBytes`: medians with the lowest and the highest. */
export async function measureStartUp(peer, { starts }) {
  const repository = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  const startMs = [];
  const residentBytes = [];
  try {
    const source = join(root, 'examples', 'model_repository', CLASSIFIER);
    mkdirSync(join(repository, CLASSIFIER));
    cpSync(source, join(repository, CLASSIFIER), { recursive: true });
    for (let count = 0; count < starts; count += 1) {
      const server = await peer.start(repository);
      startMs.push(server.startMs);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      residentBytes.push(server.residentBytes());
      await server.stop();
    }
  } finally {
    rmSync(repository, { recursive: true });
  }
  return { startMs: spread(startMs), residentBytes: spread(residentBytes) };
}
