/** The JSON bodies that the repository, logging and shared-memory endpoints take (spec §1.8). */

import {
  InferError,
  type LoadOptions,
  type LogSettings,
  type SharedMemoryRegion,
  type UnloadOptions,
} from '@nereid/core';
import {
  accessError,
  expectBoolean,
  expectString,
  expectUnsigned,
  type JsonObject,
  type JsonValue,
  membersOf,
  parseJson,
} from './json-value.js';

const FILE_PREFIX = 'file:';
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const LOG_FORMATS = ['default', 'ISO8601', 'json'] as const;
const MAX_VERBOSE_LEVEL = 0xffff_ffff;

/** Whether only ready models are to be listed. */
export function parseRepositoryIndexRequest(body: Uint8Array): boolean {
  if (body.length === 0) return false;
  const ready = membersOf(parseJson(body)).get('ready');
  return ready === undefined ? false : expectBoolean(ready, '');
}

export function parseLoadRequest(body: Uint8Array): LoadOptions {
  if (body.length === 0) return {};
  const parameters = membersOf(parseJson(body)).get('parameters');
  if (parameters === undefined) return {};
  return loadOptions(expectMembers(parameters));
}

/** A body that cannot be understood asks for nothing, and does not fail: Triton ignores it, too. */
export function parseUnloadRequest(body: Uint8Array): UnloadOptions {
  return { unloadDependents: unloadsDependents(body) };
}

/** Throws UNSUPPORTED for `log_file`. Members without a meaning are ignored. */
export function parseLogSettingsRequest(body: Uint8Array): Partial<LogSettings> {
  const members = membersOf(parseJson(body));
  if (members.has('log_file')) {
    throw new InferError(
      'UNSUPPORTED',
      'log file location can not be updated through network protocol',
    );
  }
  return {
    ...booleanSetting('logInfo', members.get('log_info')),
    ...booleanSetting('logWarning', members.get('log_warning')),
    ...booleanSetting('logError', members.get('log_error')),
    ...verboseLevelSetting(members.get('log_verbose_level')),
    ...formatSetting(members.get('log_format')),
  };
}

/** The region that is to be registered under a name. */
export function parseRegisterRequest(name: string, body: Uint8Array): SharedMemoryRegion {
  const members = membersOf(parseJson(body));
  const key = expectString(regionMember(members, 'key'), '');
  const offset = expectUnsigned(members.get('offset') ?? 0, '');
  const sizeBytes = expectUnsigned(regionMember(members, 'byte_size'), '');
  // What a number cannot hold exactly fits in no shared-memory object, rounded or not.
  return { name, key, offset: Number(offset), sizeBytes: Number(sizeBytes) };
}

function regionMember(members: JsonObject, name: string): JsonValue {
  const value = members.get(name);
  if (value !== undefined) return value;
  const message = `Shared memory register request has no '${name}' field`;
  throw new InferError('INVALID_ARG', message);
}

function loadOptions(parameters: JsonObject): LoadOptions {
  const files = new Map<string, Uint8Array>();
  let config: string | undefined;
  for (const [key, parameter] of parameters) {
    const value = expectString(parameter, '');
    if (key === 'config') config = value;
    else if (key.startsWith(FILE_PREFIX)) {
      files.set(key.slice(FILE_PREFIX.length), decodeFile(key, value));
    } else {
      throw new InferError('INTERNAL', 'unexpected error on creating Triton parameter');
    }
  }
  return { config, files: files.size === 0 ? undefined : files };
}

function decodeFile(key: string, value: string): Uint8Array {
  if (BASE64.test(value)) return Buffer.from(value, 'base64');
  throw new InferError('INVALID_ARG', `load parameter '${key}' is not valid base64`);
}

function expectMembers(value: JsonValue): JsonObject {
  if (!(value instanceof Map)) throw accessError('members', '');
  return value;
}

function unloadsDependents(body: Uint8Array): boolean {
  if (body.length === 0) return false;
  try {
    const parameters = membersOf(membersOf(parseJson(body)).get('parameters'));
    return parameters.get('unload_dependents') === true;
  } catch {
    return false;
  }
}

function booleanSetting(
  name: 'logInfo' | 'logWarning' | 'logError',
  value: JsonValue | undefined,
): Partial<LogSettings> {
  // Null leaves a setting as it is.
  if (value === undefined || value === null) return {};
  return { [name]: expectBoolean(value, '') };
}

function verboseLevelSetting(value: JsonValue | undefined): Partial<LogSettings> {
  if (value === undefined || value === null) return {};
  return { logVerboseLevel: Math.min(Number(expectUnsigned(value, '')), MAX_VERBOSE_LEVEL) };
}

function formatSetting(value: JsonValue | undefined): Partial<LogSettings> {
  if (value === undefined || value === null) return {};
  const text = expectString(value, '');
  const logFormat = LOG_FORMATS.find((format) => format === text);
  if (logFormat !== undefined) return { logFormat };
  throw new InferError('UNAVAILABLE', `invalid argument for --log_format, got: ${text}`);
}
