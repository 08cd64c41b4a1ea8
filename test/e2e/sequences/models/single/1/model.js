/** Adds to an implicit state. A negative number takes long. */
export async function execute([{ inputs }]) {
  const value = inputs.INPUT.data[0];
  if (value < 0) await new Promise((resolve) => setTimeout(resolve, 300));
  const sum = { shape: [1, 1], data: [inputs.SUM.data[0] + value] };
  return [{ outputs: { OUTPUT: sum, NEW_SUM: sum } }];
}
