import type {
  BatchInputConfig,
  BatchOutputConfig,
  ConfigDataType,
  ModelInputConfig,
  ModelOutputConfig,
  ReshapeConfig,
} from '@nereid/core';
import {
  BOOL,
  enumOf,
  INT64,
  message,
  messageSchema,
  repeated,
  STRING,
  scalar,
  type TypeOf,
} from './message-schema.js';

export const DATA_TYPE: TypeOf<ConfigDataType> = enumOf(
  'TYPE_INVALID',
  'TYPE_BOOL',
  'TYPE_UINT8',
  'TYPE_UINT16',
  'TYPE_UINT32',
  'TYPE_UINT64',
  'TYPE_INT8',
  'TYPE_INT16',
  'TYPE_INT32',
  'TYPE_INT64',
  'TYPE_FP16',
  'TYPE_FP32',
  'TYPE_FP64',
  'TYPE_STRING',
  'TYPE_BF16',
);

const RESHAPE = messageSchema<ReshapeConfig>('inference.ModelTensorReshape', {
  shape: repeated(INT64),
});

export const MODEL_INPUT = messageSchema<ModelInputConfig>('inference.ModelInput', {
  name: scalar(STRING),
  dataType: scalar(DATA_TYPE),
  format: scalar(enumOf('FORMAT_NONE', 'FORMAT_NHWC', 'FORMAT_NCHW')),
  dims: repeated(INT64),
  reshape: message(RESHAPE),
  isShapeTensor: scalar(BOOL),
  allowRaggedBatch: scalar(BOOL),
  optional: scalar(BOOL),
  isNonLinearFormatIo: scalar(BOOL),
});

export const MODEL_OUTPUT = messageSchema<ModelOutputConfig>('inference.ModelOutput', {
  name: scalar(STRING),
  dataType: scalar(DATA_TYPE),
  dims: repeated(INT64),
  reshape: message(RESHAPE),
  labelFilename: scalar(STRING),
  isShapeTensor: scalar(BOOL),
  isNonLinearFormatIo: scalar(BOOL),
});

export const BATCH_INPUT = messageSchema<BatchInputConfig>('inference.BatchInput', {
  kind: scalar(
    enumOf(
      'BATCH_ELEMENT_COUNT',
      'BATCH_ACCUMULATED_ELEMENT_COUNT',
      'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO',
      'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE',
      'BATCH_ITEM_SHAPE',
      'BATCH_ITEM_SHAPE_FLATTEN',
    ),
  ),
  targetName: repeated(STRING),
  dataType: scalar(DATA_TYPE),
  sourceInput: repeated(STRING),
});

export const BATCH_OUTPUT = messageSchema<BatchOutputConfig>('inference.BatchOutput', {
  targetName: repeated(STRING),
  kind: scalar(enumOf('BATCH_SCATTER_WITH_INPUT_SHAPE')),
  sourceInput: repeated(STRING),
});
