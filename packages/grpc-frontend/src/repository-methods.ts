import { InferError, type InferenceServer, type LoadOptions } from '@nereid/core';
import {
  RepositoryIndexRequest,
  RepositoryIndexResponse,
  RepositoryModelLoadRequest,
  RepositoryModelLoadResponse,
  RepositoryModelUnloadRequest,
  RepositoryModelUnloadResponse,
} from '@nereid/protocol';
import { controlMethod } from './control-method.js';
import type { UnaryMethod } from './grpc-call.js';

const FILE_PREFIX = 'file:';

/** The methods of the model repository, by name. */
export function repositoryMethods(server: InferenceServer): Readonly<Record<string, UnaryMethod>> {
  return {
    RepositoryIndex: controlMethod({
      request: RepositoryIndexRequest,
      response: RepositoryIndexResponse,
      answer: async (request) => {
        refuseRepositoryName(request.repositoryName);
        const models = await server.repositoryIndex(request.ready);
        return {
          models: models.map(({ name, version, state, reason }) => ({
            name,
            version: version === undefined ? '' : String(version),
            state: state ?? '',
            reason,
          })),
        };
      },
    }),
    RepositoryModelLoad: controlMethod({
      request: RepositoryModelLoadRequest,
      response: RepositoryModelLoadResponse,
      answer: async (request) => {
        refuseRepositoryName(request.repositoryName);
        await server.loadModel(request.modelName, loadOptions(request.parameters));
        return {};
      },
    }),
    RepositoryModelUnload: controlMethod({
      request: RepositoryModelUnloadRequest,
      response: RepositoryModelUnloadResponse,
      answer: async (request) => {
        refuseRepositoryName(request.repositoryName);
        const unloadDependents = unloadsDependents(request.parameters);
        await server.unloadModel(request.modelName, { unloadDependents });
        return {};
      },
    }),
  };
}

function refuseRepositoryName(name: string): void {
  if (name === '') return;
  throw new InferError('UNSUPPORTED', "'repository_name' specification is not supported");
}

function loadOptions(parameters: RepositoryModelLoadRequest['parameters']): LoadOptions {
  let config: string | undefined;
  const files = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(parameters)) {
    if (key === 'config') {
      if (value.stringParam === undefined) throw wrongLoadValue(key, 'string_param');
      config = value.stringParam;
    } else if (key.startsWith(FILE_PREFIX)) {
      if (value.bytesParam === undefined) throw wrongLoadValue(key, 'bytes_param');
      files.set(key.slice(FILE_PREFIX.length), value.bytesParam);
    } else {
      throw new InferError('INVALID_ARG', `unrecognized load parameter '${key}'.`);
    }
  }
  return files.size > 0 ? { config, files } : { config };
}

function wrongLoadValue(key: string, expected: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `invalid value type for load parameter '${key}', expected ${expected}.`,
  );
}

function unloadsDependents(parameters: RepositoryModelUnloadRequest['parameters']): boolean {
  const value = parameters['unload_dependents'];
  if (value === undefined) return false;
  if (value.boolParam !== undefined) return value.boolParam;
  throw new InferError(
    'INVALID_ARG',
    "invalid value type for 'unload_dependents' parameter, expected bool_param.",
  );
}
