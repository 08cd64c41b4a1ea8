import type { PluginCatalog } from '@nereid/core';

/**
 * The protocol extensions that server metadata announces, in Triton's order and spelling (spec
 * §1.1). One that nothing in reach provides is left out, so that a client can find out before it
 * relies on it.
 */
export function protocolExtensions(catalog: PluginCatalog): readonly string[] {
  const sequences = catalog.find('schedulers', 'sequence_batching') !== undefined;
  return [
    'classification',
    ...(sequences ? ['sequence'] : []),
    'model_repository',
    'model_repository(unload_dependents)',
    'schedule_policy',
    'model_configuration',
    // As in Triton, told also where no region can be registered.
    'system_shared_memory',
    'cuda_shared_memory',
    'binary_tensor_data',
    'parameters',
    'statistics',
    'trace',
    'logging',
  ];
}
