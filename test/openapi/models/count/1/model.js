/** Counts up in as many responses as asked for, at most 255. */
export async function execute(requests) {
  for (const request of requests) {
    const [count] = request.inputs.N.data;
    for (let i = 0; i < count; i += 1) {
      await request.send({ outputs: { I: { shape: [1], data: [i] } } });
    }
    request.end();
  }
}
