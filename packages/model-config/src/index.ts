export { emptyConfig } from './empty-config.js';
export { parseConfigText } from './parse-config-text.js';
export { parseConfigJson } from './parse-config-json.js';
export { type ModelFacts, completeConfigNames } from './complete-config-names.js';
export {
  type ModelSignature,
  type SignatureOptions,
  type SignatureTensor,
  completeFromSignature,
} from './complete-from-signature.js';
export { type NormalizeOptions, normalizeConfig } from './normalize-config.js';
export { validateConfig } from './validate-config.js';
export { configJson } from './config-json.js';
export { toConfigDataType, toDataType } from './data-type-names.js';
