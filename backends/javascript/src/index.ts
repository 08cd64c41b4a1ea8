import type { BackendPlugin } from '@nereid/core';
import { JavascriptBackend } from './javascript-backend.js';

export type {
  CompletedTensor,
  ConfigCompletion,
  ExecuteResult,
  ModelAnswer,
  ModelArguments,
  ModelError,
  ModelInput,
  ModelModule,
  ModelOutput,
  ModelRequest,
  OutputData,
  TensorArrays,
} from './model-api.js';

const plugin: BackendPlugin = { createBackend: (context) => new JavascriptBackend(context) };

export default plugin;
