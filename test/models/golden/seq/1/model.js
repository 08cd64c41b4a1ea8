const sums = new Map();

/** The running sum of each sequence. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const { shape, data } = inputs.INPUT;
    const id = inputs.CORRID.data[0];
    const before = inputs.START.data[0] ? 0 : (sums.get(id) ?? 0);
    const sum = before + data[0];
    if (inputs.END.data[0]) sums.delete(id);
    else sums.set(id, sum);
    return { outputs: { OUTPUT: { shape, data: data.map(() => sum) } } };
  });
}
