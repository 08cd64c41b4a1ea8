export { dynamicBatchSettings } from './dynamic-batch-settings.js';
