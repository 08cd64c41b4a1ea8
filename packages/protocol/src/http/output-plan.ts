/** How the outputs of one request are to be sent. */
export interface OutputPlan {
  /** Whether an output that says nothing is sent as bytes after the JSON rather than in it. */
  readonly binaryByDefault: boolean;
  /** The requested outputs; `binary` is undefined for one that says nothing. */
  readonly outputs: readonly { readonly name: string; readonly binary: boolean | undefined }[];
}

/** Whether the output is to be sent as bytes. */
export function isBinaryOutput(plan: OutputPlan, outputName: string): boolean {
  for (const output of plan.outputs) {
    if (output.name === outputName) return output.binary ?? plan.binaryByDefault;
  }
  return plan.binaryByDefault;
}
