/** Sum and difference of two tensors. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const { shape, data: a } = inputs.INPUT0;
    const { data: b } = inputs.INPUT1;
    return {
      outputs: {
        OUTPUT0: { shape, data: a.map((value, i) => value + b[i]) },
        OUTPUT1: { shape, data: a.map((value, i) => value - b[i]) },
      },
    };
  });
}
