/** Answers a text as often as asked for. A count of 0 asks how many responses went out before. */
let sent = 0;

export async function execute(requests) {
  for (const request of requests) {
    const text = request.inputs.text_input.strings[0];
    const count = request.inputs.count?.data[0] ?? 1;
    if (count === 0) await send(request, text);
    for (let index = 0; index < count && !request.signal.aborted; index += 1) {
      await send(request, text);
      sent += 1;
    }
    request.end();
  }
}

function send(request, text) {
  const outputs = {
    text_output: { shape: [1], data: [text] },
    sent: { shape: [1], data: [sent] },
  };
  return request.send({ outputs });
}
