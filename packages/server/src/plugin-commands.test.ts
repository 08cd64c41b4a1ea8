import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { pluginCommandHelp, runPluginCommand } from './plugin-commands.js';

test('a command of a bundled plugin is found by its word', async () => {
  await assert.rejects(runPluginCommand('encrypt-model', ['--nonsense'], []), {
    name: 'UsageError',
    message: /^nereid encrypt-model: Unknown option '--nonsense'/,
  });
});

test('an unknown word is answered with the commands, a folder with how to serve it', async () => {
  await assert.rejects(runPluginCommand('encrypt', [], ['new', 'image-client']), {
    name: 'UsageError',
    message:
      /^unknown command 'encrypt'; there are encrypt-model, image-client, new; 'nereid --help'/,
  });
  await assert.rejects(
    runPluginCommand(tmpdir(), [], []),
    /; to serve the models in that folder: nereid --model-repository \//,
  );
});

test('help tells what each command takes and does', async () => {
  const help = await pluginCommandHelp();
  assert.deepEqual(
    help.filter(({ usage }) => usage.startsWith('encrypt-model ')),
    [
      {
        usage: 'encrypt-model SOURCE TARGET --key KEY',
        summary: 'write an encrypted copy of a model',
      },
    ],
  );
});
