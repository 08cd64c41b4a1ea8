/** Model folders and servers for the tests of repository agents. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { modelConfig } from '../model-folder.mjs';
import { post, root, startServer } from '../server-process.mjs';

const run = promisify(execFile);
const LAUNCHER = join(root, 'packages', 'server', 'dist', 'nereid.js');

/** A folder with `models`, `repository` and `private`, the last for temporary files of servers. */
export async function makeWorkspace(t) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-agents-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const paths = {
    models: join(folder, 'models'),
    repository: join(folder, 'repository'),
    private: join(folder, 'private'),
    key: join(folder, 'model.key'),
  };
  for (const name of ['models', 'repository', 'private']) await mkdir(paths[name]);
  return paths;
}

/** Writes files by their path in `folder`. */
export async function putFiles(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The files of a javascript model that adds a number to its input. */
export function adderFiles(addend, more = '') {
  return {
    'config.pbtxt': modelConfig('javascript', more),
    '1/model.js': `export const execute = (requests) => requests.map(({ inputs }) => ({
  outputs: { OUTPUT0: { ...inputs.INPUT0, data: inputs.INPUT0.data.map((value) => value + ${addend}) } },
}));
`,
  };
}

/** The section of a configuration that names agents, each with its parameters. */
export function agentSection(...agents) {
  const texts = agents.map(([name, parameters]) => {
    const entries = Object.entries(parameters).map(
      ([key, value]) => `parameters { key: "${key}" value: "${value}" }`,
    );
    return `agents { name: "${name}" ${entries.join(' ')} }`;
  });
  return `model_repository_agents { ${texts.join(' ')} }`;
}

/** Runs `nereid` and resolves with what it printed. */
export async function nereid(...words) {
  const { stdout } = await run(process.execPath, [LAUNCHER, ...words], { cwd: root });
  return stdout;
}

/** A server that loads on demand and keeps its temporary files in the workspace. */
export async function startAgentServer(t, workspace, { flags = [], environment = {} } = {}) {
  const server = await startServer(
    [`--model-repository=${workspace.repository}`, '--model-control-mode=explicit', ...flags],
    { environment: { TMPDIR: workspace.private, ...environment } },
  );
  t.after(() => server.kill());
  return server;
}

export function load(server, model, parameters) {
  return post(server, `/v2/repository/models/${model}/load`, parameters && { parameters });
}

export function unload(server, model) {
  return post(server, `/v2/repository/models/${model}/unload`);
}

/** The paths below the folder for temporary files that agents have made. */
export async function privateEntries(workspace) {
  for (;;) {
    try {
      const names = await readdir(workspace.private, { recursive: true });
      return names.filter((name) => name.startsWith('nereid-')).sort();
    } catch (error) {
      // A folder that was removed meanwhile: the next look will not find it.
      if (error.code !== 'ENOENT') throw error;
    }
  }
}
