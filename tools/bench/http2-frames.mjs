/** The part of HTTP/2 framing that a gRPC client needs, which reads no header fields. */

export const FRAME = { DATA: 0, HEADERS: 1, RST_STREAM: 3, SETTINGS: 4, PING: 6, GOAWAY: 7 };
export const WINDOW_UPDATE = 8;
export const FLAG = { ACK: 1, END_STREAM: 1, END_HEADERS: 4 };
export const FRAME_HEADER_BYTES = 9;
export const MAX_FRAME_BYTES = 16_384;
export const MAX_WINDOW_BYTES = 2 ** 31 - 1;
export const DEFAULT_WINDOW_BYTES = 65_535;

const SETTING_INITIAL_WINDOW = 4;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frameHeader({ type, flags = 0, streamId = 0 }, length) {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return header;
}

/** `kind` has the type, and where they are not 0 the flags and the stream's id. */
export function frame(kind, content) {
  return Buffer.concat([frameHeader(kind, content.length), content]);
}

export function windowUpdate(streamId, increment) {
  const content = Buffer.alloc(4);
  content.writeUInt32BE(increment);
  return frame({ type: WINDOW_UPDATE, streamId }, content);
}

/** What opens a connection: both windows as large as they get, so that answers never wait for us. */
export function connectionOpening() {
  const setting = Buffer.alloc(6);
  setting.writeUInt16BE(SETTING_INITIAL_WINDOW);
  setting.writeUInt32BE(MAX_WINDOW_BYTES, 2);
  return Buffer.concat([
    PREFACE,
    frame({ type: FRAME.SETTINGS }, setting),
    windowUpdate(0, MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES),
  ]);
}

/** The initial window that a SETTINGS frame sets; undefined when it sets none. */
export function initialWindowOf(settings) {
  for (let offset = 0; offset + 6 <= settings.length; offset += 6) {
    if (settings.readUInt16BE(offset) === SETTING_INITIAL_WINDOW) {
      return settings.readUInt32BE(offset + 2);
    }
  }
  return undefined;
}

/** The header block of a gRPC call, without compression: it is the same bytes for every call. */
export function callHeaders(path) {
  const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([0x83, 0x86]), // :method POST, :scheme http
    Buffer.from([0x04]), // :path
    text(path),
    Buffer.from([0x01]), // :authority
    text('localhost'),
    Buffer.from([0x0f, 0x10]), // content-type
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ]);
}

/** Cuts a stream of bytes into frames, wherever its chunks end. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** Calls `onFrame` with `{ type, flags, streamId, content }` for each complete frame. */
  read(chunk, onFrame) {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      const streamId = bytes.readUInt32BE(5) & 0x7fffffff;
      const content = bytes.subarray(FRAME_HEADER_BYTES, end);
      onFrame({ type: bytes[3], flags: bytes[4], streamId, content });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}
