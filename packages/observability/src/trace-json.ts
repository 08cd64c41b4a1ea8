import type { TraceRecord } from '@nereid/core';

/** What trace files call it. */
const DATATYPE = 'dtype';

/** A trace as the objects of Triton's trace files (spec §7), separated by commas. */
export function traceJson(record: TraceRecord): string {
  const objects: string[] = [];
  addObjects(record, objects);
  return objects.join(',');
}

function addObjects(record: TraceRecord, objects: string[]): void {
  const { id } = record;
  objects.push(
    JSON.stringify({
      id,
      model_name: record.modelName,
      model_version: record.modelVersion,
      request_id: record.requestId === '' ? undefined : record.requestId,
      parent_id: record.parentId === 0 ? undefined : record.parentId,
    }),
  );
  for (const { activity, atNs } of record.timestamps) {
    objects.push(JSON.stringify({ id, timestamps: [{ name: activity, ns: atNs }] }));
  }
  for (const { activity, name, data, shape, datatype } of record.tensors) {
    const tensor = { name, data, shape: shape.join(','), [DATATYPE]: datatype };
    objects.push(JSON.stringify({ id, activity, tensor }));
  }
  for (const child of record.children) addObjects(child, objects);
}
