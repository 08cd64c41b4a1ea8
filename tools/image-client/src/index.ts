export { runImageClient } from './run-image-client.js';
