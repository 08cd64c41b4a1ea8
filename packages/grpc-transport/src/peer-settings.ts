import {
  ConnectionError,
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  ERROR,
  MAX_WINDOW_BYTES,
  SETTING,
} from './http2-protocol.js';

const ENTRY_BYTES = 6;
const MAX_FRAME_BYTES = 0xff_ffff;
const DEFAULT_TABLE_BYTES = 4096;

/** What the client has set, or the defaults of RFC 9113, section 6.5.2. */
export class PeerSettings {
  frameBytes = DEFAULT_FRAME_BYTES;
  initialWindowBytes = DEFAULT_WINDOW_BYTES;
  headerTableBytes = DEFAULT_TABLE_BYTES;
  headerListBytes = Number.POSITIVE_INFINITY;

  /** Takes over a SETTINGS frame's contents. Throws a ConnectionError for what nobody may set. */
  apply(bytes: Buffer, start: number, length: number): void {
    if (length % ENTRY_BYTES !== 0) {
      throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'SETTINGS of a wrong length');
    }
    for (let at = start; at < start + length; at += ENTRY_BYTES) {
      this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    }
  }

  #set(setting: number, value: number): void {
    switch (setting) {
      case SETTING.HEADER_TABLE_SIZE:
        this.headerTableBytes = value;
        break;
      case SETTING.MAX_HEADER_LIST_SIZE:
        this.headerListBytes = value;
        break;
      case SETTING.ENABLE_PUSH:
        check(value <= 1, ERROR.PROTOCOL_ERROR, 'ENABLE_PUSH');
        break;
      case SETTING.INITIAL_WINDOW_SIZE:
        check(value <= MAX_WINDOW_BYTES, ERROR.FLOW_CONTROL_ERROR, 'INITIAL_WINDOW_SIZE');
        this.initialWindowBytes = value;
        break;
      case SETTING.MAX_FRAME_SIZE: {
        const possible = value >= DEFAULT_FRAME_BYTES && value <= MAX_FRAME_BYTES;
        check(possible, ERROR.PROTOCOL_ERROR, 'MAX_FRAME_SIZE');
        this.frameBytes = value;
        break;
      }
      default:
    }
  }
}

function check(possible: boolean, code: number, name: string): void {
  if (!possible) throw new ConnectionError(code, `impossible ${name}`);
}

/** The contents of a SETTINGS frame. */
export function encodeSettings(settings: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(settings.length * ENTRY_BYTES);
  for (const [index, [setting, value]] of settings.entries()) {
    bytes.writeUInt16BE(setting, index * ENTRY_BYTES);
    bytes.writeUInt32BE(value, index * ENTRY_BYTES + 2);
  }
  return bytes;
}
