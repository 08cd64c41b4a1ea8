import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '@nereid/core';

/**
 * Reads process groups from the server, one a line, with + or - before them. When the server has
 * ended, however that came about, it ends those that are left.
 */
const SCRIPT = `trap '' HUP INT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -9 "-$group"; done 2>/dev/null
`;

/**
 * A small process that outlives the server for a moment and ends what its stubs have started. Each
 * stub sees to its own end too; this is for the children of stubs, and for systems where the kernel
 * does not help.
 */
export class Guardian {
  readonly #logger: Logger;
  readonly #groups = new Set<number>();
  #child: ChildProcess | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  watch(group: number): void {
    this.#groups.add(group);
    if (this.#child) this.#tell(`+ ${group}\n`);
    else this.#start();
  }

  forget(group: number): void {
    if (this.#groups.delete(group)) this.#tell(`- ${group}\n`);
  }

  close(): void {
    this.#child?.stdin?.end();
    this.#child = undefined;
  }

  #start(): void {
    const child = spawn('/bin/sh', ['-c', SCRIPT], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    });
    this.#child = child;
    child.on('error', (error) => this.#lost(child, error.message));
    child.on('exit', () => this.#lost(child, 'it has ended'));
    child.stdin.on('error', () => {});
    // The server may exit without waiting for it.
    child.unref();
    for (const group of this.#groups) this.#tell(`+ ${group}\n`);
  }

  /** Started again with the next stub. */
  #lost(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#logger.warn(`the process that watches over Python processes is gone: ${reason}`);
  }

  #tell(line: string): void {
    this.#child?.stdin?.write(line);
  }
}
