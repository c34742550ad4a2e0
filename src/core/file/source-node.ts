/** A value with its place in a text: what a YAML file says, before anyone asks what it means. */
export type SourceNode = ScalarNode | MapNode | ListNode;

export interface ScalarNode {
  kind: 'scalar';
  at: Position;
  value: string | number | boolean | null;
  /** As it stands in the file, without quotes. */
  text: string;
}

export interface MapNode {
  kind: 'map';
  at: Position;
  entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  keyAt: Position;
  node: SourceNode;
}

interface ListNode {
  kind: 'list';
  at: Position;
  items: readonly SourceNode[];
}

/** Both count from 1; a column counts UTF-16 code units, as editors do. */
export interface Position {
  line: number;
  column: number;
}

export type SourcePath = readonly (string | number)[];

/** What is wrong with a text, and where. */
export interface SourceFault {
  code: SourceFaultCode;
  at: Position;
  path: SourcePath;
  message: string;
  hint: string | null;
}

type SourceFaultCode =
  | 'yaml-syntax'
  | 'too-large'
  | 'too-deep'
  | 'empty-file'
  | 'several-documents'
  | 'duplicate-key'
  | 'bad-key'
  | 'bad-alias';

/** The plain value. Maps become objects without a prototype's keys in the way. */
export function plainValue(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainValue(entry.node)]));
}

/** The node at a path, or the nearest one above it. */
export function nodeAt(root: SourceNode, path: SourcePath): SourceNode {
  let node = root;
  for (const part of path) {
    const next = childOf(node, part);
    if (next === null) return node;
    node = next;
  }
  return node;
}

/** Where the key of a path stands; of a list's entry, or of the root, where the value does. */
export function keyPosition(root: SourceNode, path: SourcePath): Position {
  const parent = nodeAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (parent.kind === 'map' && typeof last === 'string') {
    const entry = parent.entries.get(last);
    if (entry) return entry.keyAt;
  }
  return nodeAt(root, path).at;
}

function childOf(node: SourceNode, part: string | number): SourceNode | null {
  if (node.kind === 'map') return node.entries.get(String(part))?.node ?? null;
  if (node.kind === 'list') return node.items[Number(part)] ?? null;
  return null;
}

/** `phases[2].weight`; empty for the root. */
export function formatPath(path: SourcePath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}
