import { CLOUD_FLAGS } from './cloud-flags.js';
import { DEPRECATED_FLAGS } from './deprecated-flags.js';
import type { Flag } from './flag.js';
import { GENERAL_FLAGS } from './general-flags.js';
import { GRPC_FLAGS } from './grpc-flags.js';
import { HTTP_FLAGS } from './http-flags.js';
import { METRICS_FLAGS } from './metrics-flags.js';
import { MODEL_REPOSITORY_FLAGS } from './model-repository-flags.js';
import { PLUGIN_FLAGS } from './plugin-flags.js';
import { RESOURCE_FLAGS } from './resource-flags.js';
import { SECURITY_FLAGS } from './security-flags.js';

const TABLE = [
  ...GENERAL_FLAGS,
  ...MODEL_REPOSITORY_FLAGS,
  ...HTTP_FLAGS,
  ...GRPC_FLAGS,
  ...SECURITY_FLAGS,
  ...METRICS_FLAGS,
  ...PLUGIN_FLAGS,
  ...RESOURCE_FLAGS,
  ...CLOUD_FLAGS,
  ...DEPRECATED_FLAGS,
] as const;

export type FlagName = (typeof TABLE)[number]['name'];

/** Every flag of the server (spec §2), by name. */
export const FLAG_TABLE: ReadonlyMap<string, Flag & { readonly name: FlagName }> = new Map(
  TABLE.map((flag) => [flag.name, flag]),
);
