/** How a flag's value is read. A `switch` needs no value; `verbosity` is a number or a boolean. */
type FlagType = 'string' | 'integer' | 'number' | 'boolean' | 'switch' | 'verbosity';

export const FLAG_GROUPS = [
  'Server',
  'Logging',
  'Model Repository',
  'HTTP',
  'gRPC',
  'Security',
  'SageMaker',
  'Vertex AI',
  'Metrics',
  'Tracing',
  'Plugins',
  'Response Cache',
  'Rate Limiter',
  'Memory',
  'Deprecated',
] as const;

/** One command-line flag, as data. */
export interface Flag {
  /** Without its dashes. */
  readonly name: string;
  readonly group: (typeof FLAG_GROUPS)[number];
  readonly type: FlagType;
  /**
   * What holds when the flag is not given, as it would be written; absent where there is nothing.
   */
  readonly default?: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  /** Bounds of an integer or number, inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** May be given several times, each time adding a value. */
  readonly repeatable?: true;
  readonly help: string;
  /**
   * Set for a flag that is accepted and can have no effect: the warning to log when it is given.
   */
  readonly noEffect?: string;
  /** Set for a flag that works, but should no longer be used: what to use instead. */
  readonly replacedBy?: string;
}
