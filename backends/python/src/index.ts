import type { BackendPlugin } from '@nereid/core';
import { PythonBackend } from './python-backend.js';

const plugin: BackendPlugin = { createBackend: (context) => new PythonBackend(context) };

export default plugin;
