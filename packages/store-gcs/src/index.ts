import type { ModelStorePlugin } from '@nereid/core';
import { CredentialFile, NO_CREDENTIAL, parseStoreSettings, RemoteStore } from '@nereid/store-kit';
import { GCS_SETTINGS, makeGcsClient } from './gcs-client.js';
import { parseGcsLocation } from './gcs-location.js';
import { GcsSource } from './gcs-source.js';

const SCHEME = 'gs';

const plugin: ModelStorePlugin = {
  createStore(address, { settings: given, clock, logger }) {
    const location = parseGcsLocation(address);
    const { url } = location;
    const settings = parseStoreSettings(given, {
      scheme: SCHEME,
      ownNames: GCS_SETTINGS,
      mountDirectory: process.env['TRITON_GCS_MOUNT_DIRECTORY'],
    });
    const credentialPath = process.env['TRITON_CLOUD_CREDENTIAL_PATH'];
    return new RemoteStore({
      location: url,
      settings,
      clock,
      logger,
      credentials: credentialPath ? new CredentialFile(credentialPath, SCHEME, url) : NO_CREDENTIAL,
      async connect(credential) {
        const storage = await makeGcsClient({ url, settings, logger }, credential);
        return new GcsSource(storage, location);
      },
    });
  },
};

export default plugin;
