import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './flags/parse-flags.js';

/** The settings of each host policy, by its name. */
export type HostPolicySettings = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Reads the values of `--host-policy`. Throws a UsageError. */
export function parseHostPolicies(options: readonly string[]): HostPolicySettings {
  const policies: Record<string, Record<string, string>> = {};
  for (const option of options) {
    const [, name = '', setting = '', value = ''] = /^([^,=]+),([^=]+)=(.+)$/.exec(option) ?? [];
    if (name === '') {
      throw new UsageError(
        `--host-policy option format is '<policy name>,<setting>=<value>'. Got ${option}`,
      );
    }
    if (setting !== 'numa-node' && setting !== 'cpu-cores') {
      throw new UsageError(
        `--host-policy ${name} has no setting '${setting}': there are numa-node and cpu-cores`,
      );
    }
    policies[name] = { ...policies[name], [setting]: value };
  }
  return policies;
}

/**
 * The numbers of the cores that each host policy stands for: `cpu-cores`, else those of
 * `numa-node`. Memory follows, as Linux takes it from the node of the core that asks for it. Throws
 * a UsageError for cores and nodes that there are not. `root` is that of the file system.
 */
export async function hostPolicyCores(
  policies: HostPolicySettings,
  root = '/',
): Promise<ReadonlyMap<string, readonly number[]>> {
  const cores = new Map<string, readonly number[]>();
  const names = Object.keys(policies);
  if (names.length === 0) return cores;
  const online = await coreList(root, 'cpu/online');
  if (!online) {
    throw new UsageError('--host-policy needs Linux: other systems do not bind threads to cores');
  }
  for (const name of names) {
    const wanted = await policyCores(policies[name] ?? {}, root);
    const missing = wanted.filter((core) => !online.includes(core));
    if (missing.length > 0) {
      throw new UsageError(
        `--host-policy ${name}: there is no CPU core ${missing.join(', ')} here`,
      );
    }
    cores.set(name, wanted);
  }
  return cores;
}

async function policyCores(
  { 'cpu-cores': list, 'numa-node': node }: Readonly<Record<string, string>>,
  root: string,
): Promise<readonly number[]> {
  if (list !== undefined) {
    const cores = parseCoreList(list);
    if (cores) return cores;
    throw new UsageError(`--host-policy: cpu-cores is a list such as 0-3,8. Got ${list}`);
  }
  const isNumber = /^\d+$/.test(node ?? '');
  const cores = isNumber ? await coreList(root, `node/node${node}/cpulist`) : undefined;
  if (cores) return cores;
  throw new UsageError(`--host-policy: there is no NUMA node ${node} here`);
}

/** Undefined where the system has no such list. */
async function coreList(root: string, file: string): Promise<readonly number[] | undefined> {
  const path = join(root, 'sys/devices/system', file);
  return parseCoreList((await readFile(path, 'utf8').catch(() => '')).trim());
}

/** The largest number of cores that Linux can be built for. */
const MAX_CORES = 8192;

/** Reads a list such as `0-3,8`; undefined when it is none. */
function parseCoreList(text: string): readonly number[] | undefined {
  const cores = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (last < first || last >= MAX_CORES) return undefined;
    for (let core = first; core <= last; core += 1) cores.add(core);
  }
  return [...cores].sort((a, b) => a - b);
}
