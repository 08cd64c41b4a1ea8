/** A real MinIO, which checks signatures, as the S3 server of the tests. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { freePort, startProgram } from './child-server.mjs';
import { ensureGoServer } from './go-server.mjs';

const MODULE = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c';

export function ensureMinio() {
  return ensureGoServer('minio', MODULE);
}
const KEY_ID = 'tester';
const SECRET_KEY = 'a-secret-of-the-tests';

/** The environment by which the server under test gets in. */
export const S3_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: KEY_ID,
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
};

export async function startMinio() {
  const executable = await ensureMinio();
  const data = mkdtempSync(join(tmpdir(), 'nereid-minio-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const program = await startProgram({
    program: executable,
    args: ['server', '--quiet', '--address', address, '--console-address', '127.0.0.1:0', data],
    env: {
      MINIO_ROOT_USER: KEY_ID,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      MINIO_UPDATE: 'off',
      MINIO_BROWSER: 'off',
      GOMAXPROCS: '2',
    },
    url: `http://${address}/minio/health/live`,
  });
  const client = new S3Client({
    endpoint: `http://${address}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: KEY_ID, secretAccessKey: SECRET_KEY },
  });
  return new MinioServer(program, { client, data, address, port });
}

class MinioServer {
  #program;
  #client;
  #data;

  constructor(program, { client, data, address, port }) {
    this.#program = program;
    this.#client = client;
    this.#data = data;
    this.address = address;
    this.port = port;
  }

  async makeBucket(Bucket) {
    await this.#client.send(new CreateBucketCommand({ Bucket }));
  }

  /** Lets anybody list and read the bucket. */
  async publish(Bucket) {
    const statement = (Action, Resource) => ({ Effect: 'Allow', Principal: '*', Action, Resource });
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        statement('s3:ListBucket', `arn:aws:s3:::${Bucket}`),
        statement('s3:GetObject', `arn:aws:s3:::${Bucket}/*`),
      ],
    });
    await this.#client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  }

  async write(Bucket, Key, Body) {
    await this.#client.send(new PutObjectCommand({ Bucket, Key, Body }));
  }

  /** Deletes all objects whose key starts with the prefix. */
  async remove(Bucket, Prefix) {
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    for (const { Key } of Contents)
      await this.#client.send(new DeleteObjectCommand({ Bucket, Key }));
  }

  async stop() {
    this.#client.destroy();
    await this.#program.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }
}
