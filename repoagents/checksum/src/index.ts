import type { AgentModel, RepoAgent, RepoAgentPlugin } from '@nereid/core';
import { checkFile } from './check-file.js';
import { parseFileChecksum } from './file-checksum.js';

/** Lets a model load only while its files have the digests that its configuration expects. */
class ChecksumAgent implements RepoAgent {
  async load({ directory, parameters }: AgentModel): Promise<string> {
    // All are read before the first file is, so that a mistake shows at once.
    const expected = Object.entries(parameters).map(([key, digest]) =>
      parseFileChecksum(key, digest),
    );
    for (const checksum of expected) await checkFile(directory, checksum);
    return directory;
  }
}

const plugin: RepoAgentPlugin = { createRepoAgent: () => new ChecksumAgent() };

export default plugin;
