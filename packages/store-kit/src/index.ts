export {
  type Credential,
  CredentialFile,
  type CredentialSource,
  credentialText,
  matchCredential,
  NO_CREDENTIAL,
} from './credential-file.js';
export type { FailureKind, ObjectSource, RemoteObject } from './object-source.js';
export { RemoteStore, type RemoteStoreOptions } from './remote-store.js';
export { parseStoreSettings, type StoreSettings } from './store-settings.js';
export { untilAborted } from './until-aborted.js';
