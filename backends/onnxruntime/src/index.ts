import type { BackendPlugin } from '@nereid/core';
import { OnnxruntimeBackend } from './onnxruntime-backend.js';

const plugin: BackendPlugin = { createBackend: (context) => new OnnxruntimeBackend(context) };

export default plugin;
