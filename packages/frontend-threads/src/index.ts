export {
  FrontendThreads,
  type FrontendThreadsOptions,
  type ThreadedFrontend,
} from './frontend-threads.js';
