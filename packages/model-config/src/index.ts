export { completeConfigNames, type ModelFacts } from './complete-config-names.js';
export {
  completeFromSignature,
  type ModelSignature,
  type SignatureOptions,
  type SignatureTensor,
} from './complete-from-signature.js';
export { configJson } from './config-json.js';
export { toConfigDataType, toDataType } from './data-type-names.js';
export { emptyConfig } from './empty-config.js';
export { mergeCompletion } from './merge-completion.js';
export { type NormalizeOptions, normalizeConfig } from './normalize-config.js';
export { parseConfigJson } from './parse-config-json.js';
export { parseConfigText } from './parse-config-text.js';
export { validateConfig } from './validate-config.js';
export { validatePolicies } from './validate-policies.js';
