/** Many clients at once with large tensors, each with values that nobody else has. */

import assert from 'node:assert/strict';

const ELEMENTS = 40_000;
export const CLIENTS = 8;
const ROUNDS = 25;

export const values = (value) => new Float32Array(ELEMENTS).fill(value);

/** All clients at once, each with values of its own in each round. */
export async function inRounds(ask) {
  let answered = 0;
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const value = client * ROUNDS + round;
      const answer = await ask(value, client);
      if (answer === undefined) continue;
      assert.equal(answer.length, ELEMENTS * 4);
      assert.ok(answer.equals(Buffer.from(values(value).buffer)), `${value} got another's answer`);
      answered += 1;
    }
  });
  await Promise.all(clients);
  assert.ok(answered > (CLIENTS * ROUNDS) / 2, `${answered} answers`);
}

export async function httpInfer(server, { model, value, signal }) {
  const head = Buffer.from(
    JSON.stringify({
      inputs: [
        {
          name: 'INPUT0',
          datatype: 'FP32',
          shape: [ELEMENTS],
          parameters: { binary_data_size: ELEMENTS * 4 },
        },
      ],
      parameters: { binary_data_output: true },
    }),
  );
  const response = await fetch(`${server.http}/v2/models/${model}/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: Buffer.concat([head, Buffer.from(values(value).buffer)]),
    signal,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) return undefined;
  return bytes.subarray(Number(response.headers.get('inference-header-content-length')));
}

export function message(modelName, value) {
  return {
    modelName,
    inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [ELEMENTS] }],
    rawInputContents: [Buffer.from(values(value).buffer)],
  };
}
