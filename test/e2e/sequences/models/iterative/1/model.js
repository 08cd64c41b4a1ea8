/** Executes a request as often as it asks for, one step at a time. */
const counts = new Map();

export function execute(requests) {
  return requests.map((request) => {
    const key = request.sequence.correlationId;
    const count = (request.sequence.start ? 0 : counts.get(key)) + 1;
    counts.set(key, count);
    if (count < request.inputs.INPUT.data[0]) return request.reschedule();
    return { outputs: { OUTPUT: { shape: [1, 1], data: [count] } } };
  });
}
