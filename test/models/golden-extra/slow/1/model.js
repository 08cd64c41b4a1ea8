import { setTimeout } from 'node:timers/promises';

const EXECUTION_MS = 100;

/** Takes its time; refuses -1, and throws at -2. */
export async function execute(requests) {
  await setTimeout(EXECUTION_MS);
  return requests.map(({ inputs }) => {
    const [first] = inputs.INPUT0.data;
    if (first === -1) return Object.assign(new Error('model says no'), { code: 'UNAVAILABLE' });
    if (first === -2) throw new Error('boom');
    return { outputs: { OUTPUT0: inputs.INPUT0 } };
  });
}
