/** What is wrong with the models that a model needs. */
export type DependencyFailure =
  /** It cannot be found, or its files cannot be read. */
  | { readonly kind: 'missing'; readonly name: string; readonly reason: string }
  /** It was found, but did not load. */
  | { readonly kind: 'unloaded'; readonly name: string; readonly reason: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: number }
  /** `last` is the model whose need closes the circle. */
  | { readonly kind: 'circular'; readonly last: string };

/** Why `name` cannot be loaded, in Triton's words: the first failure, or all that are missing. */
export function dependencyReason(name: string, failures: readonly DependencyFailure[]): string {
  const [first] = failures;
  switch (first?.kind) {
    case 'circular':
      return `circular dependency between ensembles: ${name} -> ... -> ${first.last} -> ${name}`;
    case 'unloaded':
      return (
        `ensemble '${name}' depends on '${first.name}' which has no loaded version. ` +
        `Model '${first.name}' loading failed with error: ${first.reason}`
      );
    case 'version':
      return (
        `ensemble '${name}' depends on '${first.name}' ` +
        `whose required version ${first.version} is not loaded.`
      );
    default:
      return missingReason(name, failures);
  }
}

/** Triton ends after the names and leaves to its log what is wrong with each. */
function missingReason(name: string, failures: readonly DependencyFailure[]): string {
  const missing = failures.flatMap((failed) => (failed.kind === 'missing' ? [failed] : []));
  const names = missing.map((failed) => failed.name).join(', ');
  const reasons = missing.map((failed) => `${failed.name}: ${failed.reason}`).join('; ');
  return (
    `ensemble ${name} contains models that are not available or ambiguous: ` +
    `${names} (${reasons})`
  );
}
