import type { LocalModel, ModelStore } from '@nereid/core';

/** A model repository on the local disk. */
export class FileSystemStore implements ModelStore {
  readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  listModels(): Promise<readonly string[]> {
    throw new Error('not written yet');
  }

  fingerprint(modelName: string): Promise<string | undefined> {
    throw new Error(`not written yet ${modelName}`);
  }

  localize(modelName: string): Promise<LocalModel> {
    throw new Error(`not written yet ${modelName}`);
  }

  async close(): Promise<void> {}
}
