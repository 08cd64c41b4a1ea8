/** Azurite, Microsoft's emulator, as the Azure Blob Storage of the tests. It checks signatures. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { cacheFolder, mustRun, onceFor } from '../clients/toolchain.mjs';
import { freePort, startProgram } from './child-server.mjs';

const VERSION = '3.35.0';
const ACCOUNT = 'tester';
const KEY = Buffer.from('a key of the tests, of any length').toString('base64');

/** The environment by which the server under test gets in. */
export const AZURE_ENVIRONMENT = { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY };

export async function ensureAzurite() {
  const folder = cacheFolder('azurite');
  await onceFor(folder, [VERSION, process.versions.modules], async () => {
    const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
    await mustRun('npm', ['install', ...options, '--loglevel=error', `azurite@${VERSION}`]);
  });
  return join(folder, 'node_modules/azurite/dist/src/blob/main.js');
}

export async function startAzurite() {
  const main = await ensureAzurite();
  const data = mkdtempSync(join(tmpdir(), 'nereid-azurite-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  const program = await startProgram({
    program: process.execPath,
    args: [
      main,
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', data],
      ...['--silent', '--skipApiVersionCheck', '--disableTelemetry'],
    ],
    env: { AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` },
    url: endpoint,
  });
  const service = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(ACCOUNT, KEY));
  return {
    endpoint,
    port,
    account: ACCOUNT,
    /** `access` of `container` lets anybody list and read it. */
    async makeBucket(container, access) {
      await service.createContainer(container, access ? { access } : {});
    },
    async write(container, name, content) {
      await service
        .getContainerClient(container)
        .getBlockBlobClient(name)
        .uploadData(Buffer.from(content));
    },
    /** As accounts with a hierarchical namespace show their folders. */
    async makeFolder(container, name) {
      const client = service.getContainerClient(container).getBlockBlobClient(name);
      await client.upload('', 0, { metadata: { hdi_isfolder: 'true' } });
    },
    async remove(container, prefix) {
      const client = service.getContainerClient(container);
      for await (const { name } of client.listBlobsFlat({ prefix })) await client.deleteBlob(name);
    },
    async stop() {
      await program.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
