/** Adds the input to one state, and counts requests in another, which is an output as well. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const sum = { shape: [1, 1], data: [inputs.STATE.data[0] + inputs.INPUT.data[0]] };
    const count = { shape: [1, 1], data: [inputs.COUNT.data[0] + 1] };
    return { outputs: { OUTPUT: sum, NEW_STATE: sum, SHOWN_STATE: count } };
  });
}
