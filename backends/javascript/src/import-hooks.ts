/** The module that `module.register` loads into Node 20's thread for import hooks. */

import type { InitializeHook, LoadHook } from 'node:module';
import { loadModelSource } from './model-source.js';

/** A hook stays for good, and threads may share the hooks of their process. */
const roots: string[] = [];

export const initialize: InitializeHook<{ readonly root: string }> = ({ root }) => {
  roots.push(root);
};

export const load: LoadHook = async (url, context, next) => {
  const root = roots.find((candidate) => url.startsWith(candidate));
  return (root && loadModelSource(url, root)) || next(url, context);
};
