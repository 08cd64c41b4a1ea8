import type { ModelStorePlugin } from '@nereid/core';
import { CredentialFile, NO_CREDENTIAL, parseStoreSettings, RemoteStore } from '@nereid/store-kit';
import { AZURE_SETTINGS, makeContainerClient } from './azure-client.js';
import { parseAzureLocation } from './azure-location.js';
import { AzureSource } from './azure-source.js';

const SCHEME = 'as';

const plugin: ModelStorePlugin = {
  createStore(address, { settings: given, clock, logger }) {
    const location = parseAzureLocation(address);
    const { url } = location;
    const settings = parseStoreSettings(given, {
      scheme: SCHEME,
      ownNames: AZURE_SETTINGS,
      mountDirectory: process.env['TRITON_AZURE_MOUNT_DIRECTORY'],
    });
    const credentialPath = process.env['TRITON_CLOUD_CREDENTIAL_PATH'];
    return new RemoteStore({
      location: url,
      settings,
      clock,
      logger,
      credentials: credentialPath ? new CredentialFile(credentialPath, SCHEME, url) : NO_CREDENTIAL,
      async connect(credential) {
        const container = makeContainerClient({ location, settings, logger }, credential);
        return new AzureSource(container, location);
      },
    });
  },
};

export default plugin;
