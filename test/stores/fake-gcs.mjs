/** fake-gcs-server, as the Google Cloud Storage of the tests. It asks for no credentials. */

import { Storage } from '@google-cloud/storage';
import { freePort, startProgram } from './child-server.mjs';
import { ensureGoServer } from './go-server.mjs';

const MODULE = 'github.com/fsouza/fake-gcs-server@v1.56.1';

export function ensureFakeGcs() {
  return ensureGoServer('fake-gcs-server', MODULE);
}

export async function startFakeGcs() {
  const executable = await ensureFakeGcs();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const program = await startProgram({
    program: executable,
    args: [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)],
      ...['-backend', 'memory', '-external-url', endpoint, '-log-level', 'error'],
    ],
    url: `${endpoint}/storage/v1/b?project=p`,
  });
  const storage = new Storage({ apiEndpoint: endpoint, projectId: 'p' });
  return {
    endpoint,
    port,
    async makeBucket(bucket) {
      await storage.createBucket(bucket);
    },
    async write(bucket, name, content) {
      await storage.bucket(bucket).file(name).save(content, { resumable: false });
    },
    async remove(bucket, prefix) {
      await storage.bucket(bucket).deleteFiles({ prefix });
    },
    stop: () => program.stop(),
  };
}
