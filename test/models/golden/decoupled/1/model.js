/** Answers a text as many times as asked for, numbered. */
export async function execute(requests) {
  for (const request of requests) {
    const [text] = request.inputs.text_input.strings;
    const count = request.inputs.n?.data[0] ?? 1;
    for (let i = 0; i < count; i++) {
      const data = [`${text}-${i}`];
      await request.send({ outputs: { text_output: { shape: [1], data } } });
    }
    request.end();
  }
}
