import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fp32Request, modelConfig } from '../model-folder.mjs';
import { executing, pythonModel, startPythonServer } from '../python-server.mjs';
import { infer } from '../server-process.mjs';

/** Answers with an error whose message is the value of an expression. */
const telling = (expression) =>
  executing(`return [pb_utils.InferenceResponse(error=pb_utils.TritonError(str(${expression})))
        for _ in requests]`);

async function told(server, model) {
  const { status, body } = await infer(server, model, fp32Request([1]));
  assert.equal(status, 500, JSON.stringify(body));
  return body.error;
}

async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-python-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A package on disk, so that pip needs no network. */
async function writePackage(folder, name, body) {
  const place = join(folder, name);
  await mkdir(join(place, name), { recursive: true });
  const project = `[project]\nname = "${name}"\nversion = "1.0"\n`;
  const build = '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n';
  await writeFile(join(place, 'pyproject.toml'), project + build);
  await writeFile(join(place, name, '__init__.py'), body);
  await writeFile(join(place, 'build.py'), BUILD_BACKEND.replaceAll('NAME', name));
  return place;
}

const BUILD_BACKEND = `import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "NAME-1.0-py3-none-any.whl"
    info = "NAME-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.write("NAME/__init__.py")
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: NAME\\nVersion: 1.0\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return name
`;

test('a requirements.txt makes an environment, once for all models with the same list', async (t) => {
  const packages = await temporaryFolder(t);
  const place = await writePackage(packages, 'needed_by_models', 'VALUE = "from the package"\n');
  const files = { 'requirements.txt': `needed_by_models @ file://${place}\n` };
  const source = `import needed_by_models\n${telling('needed_by_models.VALUE + sys.executable')}`;
  const missing = { 'requirements.txt': 'no-package-is-called-so===1\n--no-index\n' };
  const cache = await temporaryFolder(t);
  const server = await startPythonServer(
    t,
    { one: { source, files }, two: { source, files }, broken: { source, files: missing } },
    {
      waitForReady: false,
      environment: { XDG_CACHE_HOME: cache },
      args: ['--exit-on-error=false'],
    },
  );
  const index = async () => {
    const response = await fetch(`${server.http}/v2/repository/index`, { method: 'POST' });
    return response.status === 200 ? await response.json() : [];
  };
  let models = [];
  const deadline = Date.now() + 120_000;
  while (
    Date.now() < deadline &&
    !(models.length === 3 && models.every(({ state }) => state !== 'LOADING'))
  ) {
    models = await index();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { reason } = models.find(({ name }) => name === 'broken');
  assert.match(reason, /pip cannot install .*requirements.txt: .*no-package-is-called-so/s);
  const [first, second] = [await told(server, 'one'), await told(server, 'two')];
  assert.match(first, /^from the package.*nereid\/python-environments/);
  const environments = await readdir(join(cache, 'nereid', 'python-environments'));
  // Two folders, as the lists are in folders of their own, and a link to each; none of the broken one.
  assert.equal(environments.length, 4, String(environments));
  assert.match(second, /^from the package/);
});

test('EXECUTION_ENV_PATH names an environment, packed or not', async (t) => {
  const folder = await temporaryFolder(t);
  const made = spawnSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')]);
  assert.equal(made.status, 0, String(made.stderr));
  const archive = join(folder, 'env.tar.gz');
  assert.equal(spawnSync('tar', ['-czf', archive, '-C', join(folder, 'venv'), '.']).status, 0);
  const config = (path) =>
    modelConfig(
      'python',
      `parameters { key: "EXECUTION_ENV_PATH" value { string_value: "${path}" } }`,
    );
  const source = telling('sys.prefix');
  const cache = await temporaryFolder(t);
  const server = await startPythonServer(
    t,
    {
      unpacked: { source, config: config(join(folder, 'venv')) },
      packed: {
        source,
        config: config('$$TRITON_MODEL_DIRECTORY/env.tar.gz'),
        files: { 'env.tar.gz': await readFile(archive) },
      },
    },
    { environment: { XDG_CACHE_HOME: cache } },
  );
  assert.equal(await told(server, 'unpacked'), join(folder, 'venv'));
  assert.match(await told(server, 'packed'), /nereid\/python-environments/);
});

test('a folder of the backend directory with a model.py is a backend', async (t) => {
  const backends = await temporaryFolder(t);
  await mkdir(join(backends, 'scripted'));
  const script = pythonModel(`@staticmethod
def auto_complete_config(config):
    config.add_input({"name": "INPUT0", "data_type": "TYPE_FP32", "dims": [-1]})
    config.add_output({"name": "OUTPUT0", "data_type": "TYPE_FP32", "dims": [-1]})
    return config

def initialize(self, args):
    self.told = [os.path.basename(args["model_repository"]), os.path.basename(__file__)]
    self.told.append(open(os.path.join(pb_utils.get_model_dir(), "weights.txt")).read())

def execute(self, requests):
    return [pb_utils.InferenceResponse(error=pb_utils.TritonError(str(self.told))) for _ in requests]`);
  await writeFile(join(backends, 'scripted', 'model.py'), script);
  const config = 'backend: "scripted"\n';
  const server = await startPythonServer(
    t,
    {
      one: { config, files: { '1/weights.txt': 'first' } },
      two: { config, files: { '1/weights.txt': 'second' } },
    },
    { args: [`--backend-directory=${backends}`] },
  );
  assert.equal(await told(server, 'one'), "['one', 'model.py', 'first']");
  assert.equal(await told(server, 'two'), "['two', 'model.py', 'second']");
});
