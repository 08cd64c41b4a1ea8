import type { InstancePlacement, ModelSource } from '@nereid/core';

/**
 * What `initialize` of a model in Python is given, all of it strings, as Triton does. `modelConfig`
 * is the configuration as JSON.
 */
export function pythonArguments(
  source: Pick<ModelSource, 'name' | 'version' | 'directory'>,
  place: Pick<InstancePlacement, 'name' | 'kind' | 'deviceId'>,
  modelConfig: string,
): Readonly<Record<string, string>> {
  return {
    model_config: modelConfig,
    model_instance_kind: place.kind,
    model_instance_name: place.name,
    model_instance_device_id: String(place.deviceId),
    model_repository: source.directory,
    model_version: String(source.version),
    model_name: source.name,
  };
}
