/** Values that a log line carries beside its message; shown as `key=value`, or as JSON members. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where plugins and the server write their log. A call never throws and never waits. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** Written when the server's verbose level is at least `level` (1 or more). */
  verbose(level: number, message: string, fields?: LogFields): void;
  /** A logger that names `component` as its origin. */
  child(component: string): Logger;
}

/** Discards everything. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  verbose() {},
  child: () => silentLogger,
};
