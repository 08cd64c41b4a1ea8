/** Adds the implicit state to the input. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const { shape, data } = inputs.INPUT;
    const sum = { shape, data: data.map((value, i) => value + inputs.ISTATE.data[i]) };
    return { outputs: { OUTPUT: sum, OSTATE: sum } };
  });
}
