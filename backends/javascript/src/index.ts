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

export type {
  CallInput,
  LoadModelOptions,
  ModelCall,
  ModelContext,
  ModelReply,
  UnloadModelOptions,
} from './model-context.js';

const plugin: BackendPlugin = { createBackend: (context) => new JavascriptBackend(context) };

export default plugin;
