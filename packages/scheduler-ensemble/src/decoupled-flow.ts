import { compositionError } from './ensemble-errors.js';
import type { EnsembleGraph } from './ensemble-graph.js';

/** Tensors with one origin come in step with each other; 0 is the ensemble's request. */
type Origin = number;

/**
 * True when an ensemble may answer a request other than once, because a model in it does.
 * `decoupledSteps` tells for each step whether its model is decoupled. Throws an INVALID_ARG
 * InferError when tensors of which nobody could say which belong together meet, in a step or among
 * the outputs.
 */
export function isDecoupledFlow(graph: EnsembleGraph, decoupledSteps: readonly boolean[]): boolean {
  const origins = new Map<number, Origin>(graph.inputs.map(({ tensor }) => [tensor, 0]));
  let lastOrigin: Origin = 0;
  const waiting = new Set(graph.steps);
  for (;;) {
    const step = [...waiting].find(({ reads }) => reads.every((tensor) => origins.has(tensor)));
    if (!step) break;
    waiting.delete(step);
    let origin = commonOrigin(origins, step.reads);
    if (origin === undefined) throw mixedOrigins(graph, step.model.name);
    if (decoupledSteps[step.index]) {
      lastOrigin += 1;
      origin = lastOrigin;
    }
    for (const { tensor } of step.outputs) origins.set(tensor, origin);
  }
  const outputs = graph.outputs.map(({ tensor }) => tensor);
  if (commonOrigin(origins, outputs) === undefined) throw mixedOrigins(graph, graph.name);
  return lastOrigin > 0;
}

/** Undefined when there are several. */
function commonOrigin(
  origins: ReadonlyMap<number, Origin>,
  tensors: readonly number[],
): Origin | undefined {
  const all = new Set(tensors.map((tensor) => origins.get(tensor)));
  return all.size > 1 ? undefined : ([...all][0] ?? 0);
}

function mixedOrigins({ name }: EnsembleGraph, model: string) {
  return compositionError(
    name,
    `step of model '${model}' receives inputs originated from different decoupled models`,
  );
}
