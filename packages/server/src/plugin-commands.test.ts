import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginCommandHelp, runPluginCommand } from './plugin-commands.js';

test('a command of a bundled plugin is found by its word', async () => {
  await assert.rejects(runPluginCommand('encrypt-model', ['--nonsense'], []), {
    name: 'UsageError',
    message: /^nereid encrypt-model: Unknown option '--nonsense'/,
  });
});

test('an unknown word is answered with the nearest command, the own ones included', async () => {
  const builtIn = ['image-client', 'new'];
  await assert.rejects(runPluginCommand('encrypt-mode', [], builtIn), {
    name: 'UsageError',
    message: /^unknown command 'encrypt-mode'; the nearest one is 'encrypt-model'/,
  });
  await assert.rejects(runPluginCommand('image-cleint', [], builtIn), /is 'image-client'/);
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
