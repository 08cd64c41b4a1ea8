export { copyModelFile } from './copy-model-file.js';
export { listModelFiles } from './list-model-files.js';
export { PrivateFolders, type PrivateFoldersOptions } from './private-folders.js';
