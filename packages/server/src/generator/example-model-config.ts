/** The `config.pbtxt` of a model for the multiplying backend. */
export function exampleModelConfig(name: string): string {
  return `name: "${name}_example"
backend: "${name}"
max_batch_size: 8
input [
  {
    name: "INPUT"
    data_type: TYPE_FP32
    dims: [ 4 ]
  }
]
output [
  {
    name: "OUTPUT"
    data_type: TYPE_FP32
    dims: [ 4 ]
  }
]
dynamic_batching { }
parameters {
  key: "factor"
  value: { string_value: "3" }
}
`;
}
