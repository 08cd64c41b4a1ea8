import { execFile } from 'node:child_process';

interface ProgramOptions {
  readonly directory?: string;
  readonly timeoutMs: number;
}

/** How a program ended. */
interface ProgramEnd {
  readonly succeeded: boolean;
  readonly output: string;
  /** The end of all that it wrote, or why it could not be started. */
  readonly lastLines: string;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const TOLD_LINES = 15;

/** Runs a program to its end; never rejects. */
export function runProgram(
  program: string,
  args: readonly string[],
  { directory, timeoutMs }: ProgramOptions,
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      encoding: 'utf8',
      ...(directory !== undefined && { cwd: directory }),
    } as const;
    execFile(program, args, options, (error, output, errors) => {
      const lines = `${output}\n${errors}`.split('\n').filter((line) => line.trim() !== '');
      const text = lines.slice(-TOLD_LINES).join('\n');
      const expired = error?.killed ? `did not end within ${timeoutMs / 1000} seconds\n` : '';
      resolve({
        succeeded: error === null,
        output,
        lastLines: `${expired}${text}` || (error?.message ?? ''),
      });
    });
  });
}
