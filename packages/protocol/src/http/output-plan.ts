/** How the outputs of one request are to be sent. */
export interface OutputPlan {
  /** Whether an output that says nothing is sent as bytes after the JSON rather than in it. */
  readonly binaryByDefault: boolean;
  readonly outputs: readonly PlannedOutput[];
}

/** A requested output. */
interface PlannedOutput {
  readonly name: string;
  /** Undefined for one that says nothing. */
  readonly binary: boolean | undefined;
  /** Its data has been written there and is not to be sent. */
  readonly inSharedMemory: boolean;
}

/** How the data of one output is sent. */
export type OutputPlace = 'json' | 'binary' | 'shared memory';

export function placeOfOutput(plan: OutputPlan, outputName: string): OutputPlace {
  let binary = plan.binaryByDefault;
  for (const output of plan.outputs) {
    if (output.name !== outputName) continue;
    if (output.inSharedMemory) return 'shared memory';
    binary = output.binary ?? binary;
    break;
  }
  return binary ? 'binary' : 'json';
}
