/** Puts the correlation ID, a string, in front of the text. */
export function execute(requests) {
  return requests.map(({ inputs }) => {
    const text = `${inputs.CORRID.strings[0]}:${inputs.INPUT.strings[0]}`;
    return { outputs: { OUTPUT: { shape: [1, 1], data: [text] } } };
  });
}
