import type { ModelStorePlugin } from '@nereid/core';
import { CredentialFile, NO_CREDENTIAL, parseStoreSettings, RemoteStore } from '@nereid/store-kit';
import { makeS3Client, S3_SETTINGS } from './s3-client.js';
import { parseS3Location } from './s3-location.js';
import { S3Source } from './s3-source.js';

const SCHEME = 's3';

const plugin: ModelStorePlugin = {
  createStore(address, { settings: given, clock, logger }) {
    const named = parseS3Location(address);
    const settings = parseStoreSettings(given, {
      scheme: SCHEME,
      ownNames: S3_SETTINGS,
      mountDirectory: process.env['TRITON_AWS_MOUNT_DIRECTORY'],
    });
    const location = { ...named, endpoint: named.endpoint ?? settings.own.get('endpoint') };
    const credentialPath = process.env['TRITON_CLOUD_CREDENTIAL_PATH'];
    return new RemoteStore({
      location: location.url,
      settings,
      clock,
      logger,
      credentials: credentialPath
        ? new CredentialFile(credentialPath, SCHEME, location.url)
        : NO_CREDENTIAL,
      async connect(credential) {
        const client = await makeS3Client({ location, settings, logger }, credential);
        return new S3Source(client, location);
      },
    });
  },
};

export default plugin;
