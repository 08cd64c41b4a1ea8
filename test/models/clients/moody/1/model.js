/** Refuses -1, throws at -2, and answers anything else with itself. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const [first] = inputs.INPUT0.data;
    if (first === -1) return Object.assign(new Error('model says no'), { code: 'UNAVAILABLE' });
    if (first === -2) throw new Error('boom');
    return { outputs: { OUTPUT0: inputs.INPUT0 } };
  });
}
