import { ConnectionError, ERROR } from '../http2-protocol.js';

/**
 * The Huffman code of RFC 7541, appendix B. It is canonical: the lengths of the codes say
 * everything, symbols of one length being in ascending order. Ranges are inclusive; 256 is the end
 * of the string.
 */
const SYMBOLS_BY_LENGTH: readonly (readonly [
  number,
  readonly (number | readonly [number, number])[],
])[] = [
  [5, [[48, 50], 97, 99, 101, 105, 111, 115, 116]],
  [6, [32, 37, [45, 47], [51, 57], 61, 65, 95, 98, 100, [102, 104], [108, 110], 112, 114, 117]],
  [7, [58, [66, 87], 89, 106, 107, 113, [118, 122]]],
  [8, [38, 42, 44, 59, 88, 90]],
  [10, [33, 34, 40, 41, 63]],
  [11, [39, 43, 124]],
  [12, [35, 62]],
  [13, [0, 36, 64, 91, 93, 126]],
  [14, [94, 125]],
  [15, [60, 96, 123]],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129,
      [132, 134],
      136,
      146,
      154,
      156,
      160,
      163,
      164,
      169,
      170,
      173,
      178,
      181,
      [185, 187],
      189,
      190,
      196,
      198,
      228,
      232,
      233,
    ],
  ],
  [
    23,
    [
      1,
      135,
      [137, 141],
      143,
      147,
      [149, 152],
      155,
      157,
      158,
      165,
      166,
      168,
      174,
      175,
      180,
      182,
      183,
      188,
      191,
      197,
      231,
      239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [[192, 193], [200, 202], 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, [221, 223], 241, [244, 248], [250, 254]]],
  [28, [[2, 8], 11, 12, [14, 21], [23, 31], 127, 220, 249]],
  [30, [10, 13, 22, 256]],
];

const END_OF_STRING = 256;
/** Of a transition: the state to go on in, a symbol to emit, and whether it is no code at all. */
const STATE_MASK = 0x1ff;
const SYMBOL_SHIFT = 9;
const EMITS = 1 << 18;
const FAILS = 1 << 19;
/** Padding is a prefix of the end of the string, ones only, and shorter than a byte. */
const MAX_PADDING_BITS = 7;

interface HuffmanMachine {
  /**
   * By state times 16 plus the next four bits. No code is shorter, so each emits at most one
   * symbol.
   */
  readonly transitions: Int32Array;
  /** Whether a string may end in a state. */
  readonly accepts: Uint8Array;
}

let machine: HuffmanMachine | undefined;
const scratch = Buffer.allocUnsafeSlow(4096);

/** The string that the bytes from `start` to `end` encode, as latin1. Throws a ConnectionError. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  machine ??= buildMachine();
  const { transitions, accepts } = machine;
  // The shortest code has five bits.
  const mostBytes = Math.floor(((end - start) * 8) / 5);
  const output = mostBytes <= scratch.length ? scratch : Buffer.allocUnsafe(mostBytes);
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const high = transitions[state * 16 + (byte >> 4)] ?? FAILS;
    if (high & EMITS) output[length++] = high >> SYMBOL_SHIFT;
    const low = transitions[(high & STATE_MASK) * 16 + (byte & 15)] ?? FAILS;
    if (low & EMITS) output[length++] = low >> SYMBOL_SHIFT;
    if ((high | low) & FAILS) throw invalid();
    state = low & STATE_MASK;
  }
  if (accepts[state] !== 1) throw invalid();
  return output.toString('latin1', 0, length);
}

function invalid(): ConnectionError {
  return new ConnectionError(ERROR.COMPRESSION_ERROR, 'invalid Huffman code');
}

type TreeNode = { readonly id: number; readonly depth: number; readonly children: Child[] };
type Child = TreeNode | number | undefined;

function buildMachine(): HuffmanMachine {
  const nodes = buildTree();
  const transitions = new Int32Array(nodes.length * 16);
  const accepts = new Uint8Array(nodes.length);
  for (const node of nodes) {
    for (let bits = 0; bits < 16; bits += 1) {
      transitions[node.id * 16 + bits] = transition(nodes, node, bits);
    }
  }
  let padding: Child = nodes[0];
  for (let bits = 0; bits <= MAX_PADDING_BITS && typeof padding === 'object'; bits += 1) {
    accepts[padding.id] = 1;
    padding = padding.children[1];
  }
  return { transitions, accepts };
}

function transition(nodes: readonly TreeNode[], from: TreeNode, bits: number): number {
  let node = from;
  let emitted = 0;
  for (let shift = 3; shift >= 0; shift -= 1) {
    const child = node.children[(bits >> shift) & 1];
    if (child === undefined || child === END_OF_STRING) return FAILS;
    const root = nodes[0];
    if (typeof child === 'object') node = child;
    else if (root !== undefined) {
      emitted = EMITS | (child << SYMBOL_SHIFT);
      node = root;
    }
  }
  return emitted | node.id;
}

function buildTree(): readonly TreeNode[] {
  const root: TreeNode = { id: 0, depth: 0, children: [] };
  const nodes = [root];
  let code = 0;
  let previousLength = 0;
  for (const [length, ranges] of SYMBOLS_BY_LENGTH) {
    code *= 2 ** (length - previousLength);
    previousLength = length;
    for (const symbol of ranges.flatMap(symbolsOf)) {
      insert(nodes, { code, length, symbol });
      code += 1;
    }
  }
  return nodes;
}

function symbolsOf(range: number | readonly [number, number]): number[] {
  if (typeof range === 'number') return [range];
  const [first, last] = range;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

interface Code {
  readonly code: number;
  readonly length: number;
  readonly symbol: number;
}

function insert(nodes: TreeNode[], { code, length, symbol }: Code): void {
  let node = nodes[0];
  for (let shift = length - 1; node !== undefined && shift > 0; shift -= 1) {
    const bit = (code >> shift) & 1;
    let child: Child = node.children[bit];
    if (typeof child !== 'object') {
      child = { id: nodes.length, depth: node.depth + 1, children: [] };
      nodes.push(child);
      node.children[bit] = child;
    }
    node = child;
  }
  if (node !== undefined) node.children[code & 1] = symbol;
}
