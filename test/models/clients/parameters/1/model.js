/** Spells out the request parameters whose names, with commas between, are the input. */
export function execute(requests) {
  return requests.map(({ inputs, parameters }) => {
    const [names] = inputs.INPUT0.strings;
    const data = names.split(',').map((name) => `${name}=${parameters[name]}`);
    return { outputs: { OUTPUT0: { shape: [data.length], data } } };
  });
}
