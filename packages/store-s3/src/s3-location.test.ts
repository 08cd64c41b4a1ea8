import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseS3Location } from './s3-location.js';

test('reads all forms of a location', () => {
  const cases = [
    ['s3://bucket', undefined, 'bucket', '', 's3://bucket'],
    ['s3://bucket/a/b/', undefined, 'bucket', 'a/b/', 's3://bucket/a/b'],
    ['s3:////bucket//a', undefined, 'bucket', 'a/', 's3://bucket/a'],
    ['s3://my.bucket/a', undefined, 'my.bucket', 'a/', 's3://my.bucket/a'],
    ['s3://host:9000/bucket/a', 'http://host:9000', 'bucket', 'a/', 's3://host:9000/bucket/a'],
    ['s3://http://h:1/b', 'http://h:1', 'b', '', 's3://http://h:1/b'],
    ['s3://https://h:1/b/a', 'https://h:1', 'b', 'a/', 's3://https://h:1/b/a'],
    ['s3://https://h/b/a', 'https://h', 'b', 'a/', 's3://https://h/b/a'],
    ['s3://[::1]:9000/b', 'http://[::1]:9000', 'b', '', 's3://[::1]:9000/b'],
  ] as const;
  for (const [location, endpoint, bucket, prefix, url] of cases) {
    assert.deepEqual(parseS3Location(location), { endpoint, bucket, prefix, url }, location);
  }
});

test('refuses a location without a bucket, or with credentials', () => {
  for (const location of ['s3://', 's3:///', 's3://host:9000', 's3://https://host']) {
    assert.throws(() => parseS3Location(location), /an S3 location is/, location);
  }
  assert.throws(
    () => parseS3Location('s3://https://user:geheim@host:1/b'),
    ({ message }: Error) => /without credentials/.test(message) && !message.includes('geheim'),
  );
});
