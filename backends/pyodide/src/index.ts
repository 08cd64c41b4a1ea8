import type { BackendPlugin } from '@nereid/core';
import { PyodideBackend } from './pyodide-backend.js';

const plugin: BackendPlugin = { createBackend: (context) => new PyodideBackend(context) };

export default plugin;
