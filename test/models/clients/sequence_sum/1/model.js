const sums = new Map();

/** The running sum of each sequence. A row without a request must be marked so. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const { START, END, READY, CORRID, INPUT } = inputs;
    if (READY.data[0] !== 1) return { outputs: { OUTPUT: { shape: [1, 1], data: [-1] } } };
    const id = CORRID.data[0];
    if (START.data[0] === 1) sums.set(id, 0);
    const sum = sums.get(id) + INPUT.data[0];
    if (END.data[0] === 1) sums.delete(id);
    else sums.set(id, sum);
    return { outputs: { OUTPUT: { shape: [1, 1], data: [sum] } } };
  });
}
