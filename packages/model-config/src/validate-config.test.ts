import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalizeConfig, parseConfigText, validateConfig } from './index.js';

function validate(text: string): void {
  const config = { ...parseConfigText(text, 'config.pbtxt'), name: 'm' };
  validateConfig(normalizeConfig(config, { defaultInstanceCount: 1 }));
}

const TENSORS =
  'input { name: "X" data_type: TYPE_FP32 dims: 1 } output { name: "Y" data_type: ' +
  'TYPE_FP32 dims: 1 } ';

/** A valid model that batches, and more. */
function model(more: string): string {
  return `backend: "python" max_batch_size: 4 ${TENSORS} ${more}`;
}

function ensemble(steps: string, more = ''): string {
  return `platform: "ensemble" ${TENSORS} ${more} ensemble_scheduling { ${steps} }`;
}

function step(inputs: Record<string, string>, outputs: Record<string, string>): string {
  const entries = (field: string, map: Record<string, string>) =>
    Object.entries(map).map(([key, value]) => `${field} { key: "${key}" value: "${value}" }`);
  const maps = [...entries('input_map', inputs), ...entries('output_map', outputs)].join(' ');
  return `step { model_name: "a" model_version: -1 ${maps} }`;
}

const STEP = step({ I: 'X' }, { O: 'Y' });

function control(body: string, name = 'A'): string {
  return `control_input { name: "${name}" control { ${body} } }`;
}

function sequence(body: string): string {
  return model(`sequence_batching { ${body} }`);
}

function withInput(fields: string): string {
  return model(`input { name: "J" data_type: TYPE_FP32 ${fields} }`);
}

describe('validateConfig accepts', () => {
  const accepted: Readonly<Record<string, string>> = {
    'a plain model': model(''),
    'an ensemble': ensemble(STEP),
    'an ensemble whose tensor feeds two inputs of a step': ensemble(
      step({ I: 'X' }, { O: 'M' }) + step({ I: 'M', J: 'M', K: 'X' }, { O: 'Y' }),
    ),
    'an ensemble whose steps are in any order': ensemble(
      step({ I: 'M' }, { O: 'Y' }) + step({ I: 'X' }, { O: 'M' }),
    ),
    'any platform of another backend': `backend: "mine" platform: "any" ${TENSORS}`,
    'a reshape that keeps the parts between variable dimensions': withInput(
      'dims: [ 2, 4, -1, 6 ] reshape { shape: [ 8, -1, 1, 6 ] }',
    ),
    'an empty reshape of one element': withInput('dims: [ 1, 1 ] reshape {}'),
    'the largest priority level': model(
      'dynamic_batching { priority_levels: 2 default_priority_level: 2 ' +
        'priority_queue_policy { key: 2 } }',
    ),
    'every control kind': sequence(
      control('kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ]', 'S') +
        control('kind: CONTROL_SEQUENCE_END bool_false_true: [ false, true ]', 'E') +
        control('kind: CONTROL_SEQUENCE_READY fp32_false_true: [ 0, 1 ]', 'R') +
        control('kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING', 'C'),
    ),
    'an unwritten slot utilization': sequence('direct {}'),
    'a batch input': model(
      'batch_input { kind: BATCH_ITEM_SHAPE source_input: "X" target_name: "T" ' +
        'data_type: TYPE_INT32 }',
    ),
    'a profile of TensorRT':
      `backend: "tensorrt" platform: "tensorrt_plan" ${TENSORS} ` +
      'instance_group { kind: KIND_MODEL profile: "1" }',
  };
  for (const [what, text] of Object.entries(accepted)) {
    test(what, () => assert.doesNotThrow(() => validate(text)));
  }
});

const BIG = 'dims: [ 4611686018427387904, 4 ] reshape { shape: 1 }';

describe('validateConfig refuses', () => {
  const refused: Readonly<Record<string, readonly [text: string, message: string]>> = {
    'a model without a backend': [TENSORS, "unexpected platform type '' for m"],
    'an unknown platform without a backend': [
      `platform: "foo" ${TENSORS}`,
      "unexpected platform type 'foo' for m",
    ],
    'an ensemble with a backend': [
      ensemble(STEP, 'backend: "python"'),
      "Ensemble model 'm' must have platform type 'ensemble' and empty backend type",
    ],
    'more instances than any machine has use for': [
      model('instance_group [ { count: 1000 }, { count: 25 } ]'),
      'model m asks for 1025 instances, more than 1024',
    ],
    'as many instances as the number can tell': [
      model('instance_group { count: 2147483647 }'),
      'model m asks for 2147483647 instances, more than 1024',
    ],
    'a platform of another backend': [
      `platform: "foo" backend: "onnxruntime" ${TENSORS}`,
      "unexpected 'platform' and 'backend' pair, got:foo, onnxruntime",
    ],
    'a negative batch size': [
      `backend: "python" max_batch_size: -1 ${TENSORS}`,
      "'max_batch_size' must be non-negative value for m",
    ],
    'a preferred batch size of zero': [
      model('dynamic_batching { preferred_batch_size: 0 }'),
      'dynamic batching preferred size must be positive for m',
    ],
    'a preferred batch size above the largest': [
      model('dynamic_batching { preferred_batch_size: 8 }'),
      'dynamic batching preferred size must be <= max batch size for m',
    ],
    'priority levels without a default': [
      model('dynamic_batching { priority_levels: 2 }'),
      'default priority level must be in range [1, 2] for m',
    ],
    'a queue policy for a level that is not there': [
      model(
        'dynamic_batching { priority_levels: 2 default_priority_level: 1 ' +
          'priority_queue_policy { key: 3 } }',
      ),
      'priority queue policy must have priority level in range [1, 2] for m',
    ],
    'priorities with preserved order': [
      model(
        'dynamic_batching { preserve_ordering: true priority_levels: 2 default_priority_level: 1 }',
      ),
      "Only one priority level is allowed when 'preserve_ordering' is true for m",
    ],
    'delayed requests with preserved order': [
      model(
        'dynamic_batching { preserve_ordering: true default_queue_policy { ' +
          'timeout_action: DELAY default_timeout_microseconds: 1 } }',
      ),
      "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for m",
    ],
    'a response cache with sequences': [
      model('sequence_batching {} response_cache { enable: true }'),
      'Response Cache does not currently support model m with sequence batching ' +
        'scheduler. Please disable the response cache.',
    ],
    'a response cache of a decoupled model': [
      model('model_transaction_policy { decoupled: true } response_cache { enable: true }'),
      "Response Cache does not currently support model m with 'decoupled' " +
        'transaction policy. Please disable the response cache.',
    ],
    'a control tensor without a name': [
      sequence(control('', '')),
      'sequence batching control tensor must have a name for m',
    ],
    'a control tensor listed twice': [
      sequence(
        control('kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ]') +
          control('kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ]'),
      ),
      "sequence batching control tensor 'A' is specified for multiple control kinds for m",
    ],
    'a control kind listed twice': [
      sequence(
        control('kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ]') +
          control('kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ]', 'B'),
      ),
      'sequence batching specifies multiple CONTROL_SEQUENCE_START tensors for m',
    ],
    'a control without values': [
      sequence(control('kind: CONTROL_SEQUENCE_READY')),
      "sequence batching must specify either 'int32_false_true', 'fp32_false_true' " +
        "or 'bool_false_true' for CONTROL_SEQUENCE_READY for m",
    ],
    'a control with values of two types': [
      sequence(
        control('kind: CONTROL_SEQUENCE_READY int32_false_true: [0, 1] fp32_false_true: [0, 1]'),
      ),
      "sequence batching specifies more than one from 'int32_false_true', " +
        "'fp32_false_true' and 'bool_false_true' for CONTROL_SEQUENCE_READY for m",
    ],
    'a control with three values': [
      sequence(control('kind: CONTROL_SEQUENCE_READY fp32_false_true: [ 0, 1, 2 ]')),
      "sequence batching control 'fp32_false_true' must have exactly 2 entries for " +
        'CONTROL_SEQUENCE_READY for m',
    ],
    'a correlation ID with values': [
      sequence(
        control('kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_INT32 int32_false_true: [ 0, 1 ]'),
      ),
      "sequence batching must not specify either 'int32_false_true', " +
        "'fp32_false_true' or 'bool_false_true' for CONTROL_SEQUENCE_CORRID for m",
    ],
    'a correlation ID of an odd type': [
      sequence(control('kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32')),
      'unexpected data type for control CONTROL_SEQUENCE_CORRID for m. Allowed data ' +
        'types are TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING',
    ],
    'more candidates for sequences than any memory has room for': [
      sequence('oldest { max_candidate_sequences: 2147483647 }'),
      'model m could hold 2147483647 sequences at a time, more than 262144; its instances, and ' +
        'max_candidate_sequences or else max_batch_size, decide on that',
    ],
    'a preferred batch size of zero of the oldest strategy': [
      sequence('oldest { preferred_batch_size: 0 }'),
      'sequence batching preferred batch size must be positive for m',
    ],
    'a preferred batch size above the largest of the oldest strategy': [
      sequence('oldest { preferred_batch_size: 5 }'),
      'sequence batching preferred batch size must be <= max batch size for m',
    ],
    'a slot utilization above one': [
      sequence('direct { minimum_slot_utilization: 1.5 }'),
      'sequence batching minimum slot utilization must be in range (0.0, 1.0] for m',
    ],
    'metrics without an identifier': [
      model('model_metrics { metric_control {} }'),
      "metric control must specify 'metric_identifier'",
    ],
    'metrics without a family': [
      model('model_metrics { metric_control { metric_identifier {} } }'),
      "metric identifier must specify non-empty 'family'",
    ],
    'metrics without options': [
      model('model_metrics { metric_control { metric_identifier { family: "f" } } }'),
      "metric control must specify 'histogram_options'",
    ],
    'metrics without buckets': [
      model(
        'model_metrics { metric_control { metric_identifier { family: "f" } ' +
          'histogram_options {} } }',
      ),
      "histogram options must specify non-empty 'buckets'",
    ],
    'a group on a GPU': [
      model('instance_group { kind: KIND_GPU }'),
      'instance group m_0 of model m has kind KIND_GPU but server does not support GPUs',
    ],
    'GPUs for a group that ends on the CPU': [
      model('instance_group { gpus: 0 }'),
      'instance group m_0 of model m has kind KIND_CPU but specifies one or more GPUs',
    ],
    'GPUs for a group without a device': [
      model('instance_group { name: "g" kind: KIND_MODEL gpus: 0 }'),
      'instance group g of model m has kind KIND_MODEL but specifies one or more GPUs',
    ],
    'a profile of another platform': [
      model('instance_group { profile: "1" }'),
      'instance group m_0 of model m and platform specifies profile field which is ' +
        'only supported for TensorRT models',
    ],
    'an input without a name': [model('input {}'), "model input must specify 'name' for m"],
    'an output without a name': [model('output {}'), "model output must specify 'name' for m"],
    'an input without a type': [
      model('input { name: "J" }'),
      "model input 'J' must specify 'data_type' for m",
    ],
    'an input without dims': [withInput(''), "model input 'J' must specify 'dims' for m"],
    'a dimension of zero': [
      withInput('dims: 0'),
      "model input 'J' dimension must be integer >= 1, or -1 to indicate a " +
        'variable-size dimension for m',
    ],
    'an empty reshape without batching': [
      `backend: "python" ${TENSORS} input { name: "J" data_type: TYPE_FP32 dims: 1 reshape {} }`,
      "model input 'J' cannot have empty reshape for non-batching model as scalar " +
        'tensors are not supported for m',
    ],
    'a reshape with a zero': [
      withInput('dims: [ 2, -1 ] reshape { shape: 0 }'),
      "model input 'J' reshape dimensions must be integer >= 1, or -1 to indicate a " +
        'variable-size dimension for m',
    ],
    'a reshape to another size': [
      withInput('dims: [ 2, -1 ] reshape { shape: 4 }'),
      "model input 'J' has different size for dims and reshape for m",
    ],
    'a reshape to another size, beyond 64 bits': [
      withInput(BIG),
      "model input 'J' has different size for dims and reshape for m",
    ],
    'a reshape with more variable dimensions': [
      withInput('dims: [ 2, -1 ] reshape { shape: [ -1, -1 ] }'),
      "model input 'J' has different number of variable-size dimensions for dims and reshape for m",
    ],
    'an image format of one dimension': [
      withInput('dims: 1 format: FORMAT_NHWC'),
      'model input NHWC/NCHW require 3 dims for m',
    ],
    'a shape tensor': [
      withInput('dims: 1 is_shape_tensor: true'),
      'shape tensors are only supported for TensorRT platform for m',
    ],
    'a non-linear format': [
      withInput('dims: 1 is_non_linear_format_io: true'),
      'Non-linear IO format is only supported for the TensorRT platform for m',
    ],
    'a batch input without a source': [
      model('batch_input { kind: BATCH_ITEM_SHAPE }'),
      "batch input kind 'BATCH_ITEM_SHAPE' expects 1 source input, got 0 for m",
    ],
    'a batch input of an odd type': [
      model('batch_input { source_input: "X" }'),
      'batch input data type must be TYPE_INT32 or TYPE_FP32 for m',
    ],
    'a batch input with an unknown source': [
      model('batch_input { source_input: "Z" data_type: TYPE_FP32 }'),
      "unknown source input name 'Z' for m",
    ],
    'a batch output without a source': [
      model('batch_output {}'),
      "batch output kind 'BATCH_SCATTER_WITH_INPUT_SHAPE' expects 1 source input, got 0 for m",
    ],
    'a batch output with an unknown target': [
      model('batch_output { source_input: "X" target_name: "Z" }'),
      "unknown target output name 'Z' for m",
    ],
    'a batch output with one target twice': [
      model('batch_output { source_input: "X" target_name: [ "Y", "Y" ] }'),
      "target output name 'Y' can only be specified once for m",
    ],
    'an ensemble without scheduling': [
      `platform: "ensemble" ${TENSORS}`,
      'ensemble scheduling must be set for ensemble m whose platform is ensemble',
    ],
    'ensemble scheduling of another platform': [
      model(`ensemble_scheduling { ${STEP} }`),
      "ensemble scheduling cannot be set for model 'm' whose platform is not ensemble",
    ],
    'an ensemble with instance groups': [
      ensemble(STEP, 'instance_group {}'),
      "instance group should not be specified for ensemble 'm'",
    ],
    'an ensemble with optimization': [
      ensemble(STEP, 'optimization {}'),
      "optimization should not be specified for ensemble 'm'",
    ],
    'an ensemble with warmup': [
      ensemble(STEP, 'model_warmup {}'),
      "model_warmup can not be specified for ensemble 'm'",
    ],
    'an ensemble without steps': [ensemble(''), "must specify 'step' for ensemble 'm'"],
    'a step without a model': [
      ensemble('step {}'),
      "must specify 'model_name' in step 0 of ensemble 'm'",
    ],
    'a step without inputs': [
      ensemble(STEP + step({}, { O: 'Z' })),
      "must specify 'input_map' in step 1 of ensemble 'm'",
    ],
    'a step without outputs': [
      ensemble(step({ I: 'X' }, {})),
      "must specify 'output_map' in step 0 of ensemble 'm'",
    ],
    'a tensor that two steps write': [
      ensemble(STEP + STEP),
      "ensemble tensor 'Y' can appear in an output map only once for ensemble 'm' step 1",
    ],
    'a tensor that one step writes twice': [
      ensemble(step({ I: 'X' }, { O: 'Y', P: 'Y' })),
      "ensemble tensor 'Y' can appear in an output map only once for ensemble 'm' step 0",
    ],
    'an ensemble input that no step reads': [
      ensemble(step({ I: 'Z' }, { O: 'Y' })),
      "ensemble input 'X' for ensemble m' is not used",
    ],
    'an ensemble output that no step writes': [
      ensemble(step({ I: 'X' }, { O: 'Z' })),
      "ensemble output 'Y' for ensemble m' is not used",
    ],
    'a tensor that no step reads': [
      ensemble(step({ I: 'X' }, { O: 'Y', P: 'Z' })),
      "ensemble tensor 'Z' is unused in ensemble 'm'",
    ],
    'an output behind a tensor that nobody writes': [
      ensemble(step({ I: 'X', J: 'M' }, { O: 'Y' }) + step({ I: 'Q' }, { O: 'M' })),
      "output 'Y' for ensemble 'm' is not written: at least one of its depending " +
        "tensors, 'Q', is not connected",
    ],
    'a cycle of steps': [
      ensemble(step({ I: 'X', J: 'M' }, { O: 'Y' }) + step({ I: 'Y' }, { O: 'M' })),
      "output 'Y' for ensemble 'm' is not written",
    ],
  };
  for (const [what, [text, message]] of Object.entries(refused)) {
    test(what, () => assert.throws(() => validate(text), { code: 'INVALID_ARG', message }));
  }

  test('a configuration without a name', () => {
    const config = parseConfigText(model(''), 'config.pbtxt');
    assert.throws(() => validateConfig(config), {
      message: "model configuration must specify 'name'",
    });
  });

  test('what was not normalized', () => {
    const config = { ...parseConfigText(model(''), 'config.pbtxt'), name: 'm' };
    assert.throws(() => validateConfig(config), { message: "must specify 'version policy' for m" });
  });

  test('a step of very many tensors in no time', () => {
    const many = (prefix: string) =>
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, index) => [`${prefix}${index}`, `${prefix}${index}`]),
      );
    assert.throws(() => validate(ensemble(step(many('i'), many('o')))), {
      message: "ensemble input 'X' for ensemble m' is not used",
    });
  });
});
