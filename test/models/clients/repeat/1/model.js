/** Counts from 0 in as many responses as asked for. */
export async function execute(requests) {
  for (const request of requests) {
    const [count] = request.inputs.N.data;
    for (let i = 0; i < count && !request.signal.aborted; i++) {
      await request.send({ outputs: { OUT: { shape: [1], data: [i] } } });
    }
    request.end();
  }
}
