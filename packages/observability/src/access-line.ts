import type { AccessEntry } from '@nereid/core';

/** `common` is the Common Log Format of web servers with fields of our own at the end. */
export type AccessLogFormat = 'common' | 'json';

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** What proxies call the protocols; gRPC's own status goes to a field of its own. */
const WIRE_NAMES = { HTTP: 'HTTP/1.1', gRPC: 'HTTP/2.0' } as const;
const GRPC_HTTP_STATUS = 200;

/** An entry as one line, line feed included. `timeMs` is when it ended, since 1970. */
export function accessLine(entry: AccessEntry, timeMs: number, format: AccessLogFormat): string {
  return format === 'json' ? jsonLine(entry, timeMs) : commonLine(entry, timeMs);
}

function jsonLine(entry: AccessEntry, timeMs: number): string {
  const { protocol, client, method, path, status, sentBytes, modelVersion, compute } = entry;
  const line = {
    time: new Date(timeMs).toISOString(),
    protocol,
    client,
    method,
    path,
    status,
    sent_bytes: sentBytes,
    duration_us: micros(entry.durationNs),
    model: entry.modelName || undefined,
    version: modelVersion,
    request_id: entry.requestId || undefined,
    queue_us: entry.queueNs === undefined ? undefined : micros(entry.queueNs),
    compute_input_us: compute && micros(compute.inputNs),
    compute_infer_us: compute && micros(compute.inferNs),
    compute_output_us: compute && micros(compute.outputNs),
  };
  return `${JSON.stringify(line)}\n`;
}

function commonLine(entry: AccessEntry, timeMs: number): string {
  const { protocol, client, method, path, status, sentBytes } = entry;
  const request = `"${escaped(`${method} ${path}`)} ${WIRE_NAMES[protocol]}"`;
  const httpStatus = protocol === 'HTTP' ? status : GRPC_HTTP_STATUS;
  const head = `${client || '-'} - - [${commonTime(timeMs)}] ${request} ${httpStatus} ${sentBytes}`;
  return `${[head, ...fields(entry)].join(' ')}\n`;
}

function fields(entry: AccessEntry): readonly string[] {
  const { modelName, modelVersion, requestId, queueNs, compute } = entry;
  return [
    ...(entry.protocol === 'gRPC' ? [`grpc_status=${entry.status}`] : []),
    ...(modelName === '' ? [] : [`model="${escaped(modelName)}"`]),
    ...(modelVersion === undefined ? [] : [`version=${modelVersion}`]),
    ...(requestId === '' ? [] : [`request_id="${escaped(requestId)}"`]),
    `duration_us=${micros(entry.durationNs)}`,
    ...(queueNs === undefined ? [] : [`queue_us=${micros(queueNs)}`]),
    ...(compute === undefined
      ? []
      : [`compute_us=${micros(compute.inputNs + compute.inferNs + compute.outputNs)}`]),
  ];
}

/** A client's text as the inside of a quoted one: it can end neither that nor the line. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** `31/Jan/2026:12:00:00 +0000` */
function commonTime(timeMs: number): string {
  const iso = new Date(timeMs).toISOString();
  const month = (Number(iso.slice(5, 7)) - 1) * 3;
  const day = `${iso.slice(8, 10)}/${MONTHS.slice(month, month + 3)}/${iso.slice(0, 4)}`;
  return `${day}:${iso.slice(11, 19)} +0000`;
}

function micros(ns: number): number {
  return Math.round(ns / 1000);
}
