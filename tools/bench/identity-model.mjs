/** Answers each request with its input. */
export function execute(requests) {
  return requests.map(({ inputs }) => ({ outputs: { OUTPUT0: inputs.INPUT0 } }));
}
