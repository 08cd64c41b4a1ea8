import { setTimeout } from 'node:timers/promises';

const EXECUTION_MS = 500;

/** Answers with its input after half a second. */
export async function execute(requests) {
  await setTimeout(EXECUTION_MS);
  return requests.map(({ inputs }) => ({ outputs: { OUTPUT0: inputs.INPUT0 } }));
}
