/** The Java HTTP client that is published to Maven Central. */

import { join } from 'node:path';
import { runReportingProgram, stockClientTest } from '../stock-client.mjs';
import { cacheFolder, ensureInstalled, mustRun, onceFor } from '../toolchain.mjs';

const CLIENT = 'org.wyona.triton.client:java-api:0.0.1';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
const SOURCE = join(import.meta.dirname, 'StockClient.java');

/** Resolves with the class path. The published archive brings all that it depends on. */
async function prepare() {
  await ensureInstalled(['java', 'javac', 'mvn'], ['default-jdk-headless', 'maven']);
  const libraries = cacheFolder('java', 'libraries');
  await onceFor(libraries, [CLIENT, COPY], () =>
    mustRun('mvn', [
      '--batch-mode',
      '--quiet',
      `-Dmaven.repo.local=${cacheFolder('java', 'repository')}`,
      COPY,
      `-Dartifact=${CLIENT}`,
      `-DoutputDirectory=${libraries}`,
    ]),
  );
  const classes = cacheFolder('java', 'classes');
  const classPath = join(libraries, '*');
  await mustRun('javac', ['-encoding', 'UTF-8', '-cp', classPath, '-d', classes, SOURCE]);
  return `${classPath}:${classes}`;
}

stockClientTest('the Java client', {
  prepare,
  check: (t, server, classPath) =>
    runReportingProgram(t, server, ['java', '-cp', classPath, 'StockClient']),
});
