export { FileSystemStore } from './file-system-store.js';
export type { ReadyVersion } from './model-record.js';
export { type FailedModel, ModelRepository } from './model-repository.js';
export type { ControlMode, RepositoryOptions } from './repository-options.js';
export { fingerprintTree } from './tree-fingerprint.js';
export type { LoadedVersion, NamespacedSource, VersionLoader } from './version-loader.js';
