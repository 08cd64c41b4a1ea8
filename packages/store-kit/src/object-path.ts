/** Characters and segments by which a key could name a place outside of its model's folder. */
const UNSAFE_CHARACTER = /[\\\0]/;
const MAX_SEGMENT_BYTES = 255;

/** A model's name becomes the name of a folder, and comes straight from a request. */
export function isModelName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\0]/.test(name);
}

/**
 * Why a path below a model cannot be written to the local disk; undefined when it can. Object
 * stores allow any text as a key: `../x`, `/etc/x` and `a//b` are nothing special to them.
 */
export function whyUnsafe(path: string): string | undefined {
  if (UNSAFE_CHARACTER.test(path)) return 'has a character that no path may have';
  const segments = path.split('/');
  // A slash at the end marks a folder.
  if (segments.length > 1 && segments.at(-1) === '') segments.pop();
  if (segments.includes('..') || segments.includes('.')) return 'leads elsewhere';
  if (segments.includes('')) return 'has an empty part';
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) {
    return 'has a part that is too long';
  }
  return undefined;
}

const CONFIGURATION = /^(?:config\.pbtxt|config\.json|configs\/[^/]+\.pbtxt)$/;
const IN_VERSION = /^(?:0|[1-9][0-9]*)\//;
const IGNORED_SEGMENT = /(?:^|\/)(?:\.|__pycache__(?:\/|$))/;

/**
 * True for what counts as a change of its model (spec §5): configurations and version folders.
 * Labels and warm-up data beside them are read anew by a load, but do not cause one.
 */
export function mattersToLoad(path: string): boolean {
  return CONFIGURATION.test(path) || (IN_VERSION.test(path) && !IGNORED_SEGMENT.test(path));
}
