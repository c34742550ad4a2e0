import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { MapEntry, Position, SourceFault, SourceNode } from './source-node.ts';

const DEPTH_MAX = 32;
/** Aliases that are read again and again ("a billion laughs") stop here. */
const ALIASED_NODES_MAX = 10_000;
const MERGE_KEY = '<<';

type Path = readonly (string | number)[];

interface Walk {
  at: (offset: number) => Position;
  anchors: Map<string, Node>;
  /** Anchored nodes being expanded: one inside itself never ends. */
  open: Set<Node>;
  aliasDepth: number;
  aliasedNodes: number;
  /** Set once there is no sense in going on. */
  stopped: boolean;
  faults: SourceFault[];
}

/** The library's tree as ours: aliases and merge keys written out within limits, keys once each. */
export function walkDocument(
  document: Document.Parsed,
  at: (offset: number) => Position,
): { root: SourceNode | null; faults: SourceFault[] } {
  const walk: Walk = {
    at,
    anchors: new Map(),
    open: new Set(),
    aliasDepth: 0,
    aliasedNodes: 0,
    stopped: false,
    faults: [],
  };
  const root = visit(walk, document.contents, [], at(0));
  const faults = walk.faults.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  return { root: walk.stopped ? null : root, faults };
}

function visit(walk: Walk, node: unknown, path: Path, above: Position): SourceNode {
  const missing: SourceNode = { kind: 'scalar', at: above, value: null, text: '' };
  if (walk.stopped || !isNodeLike(node)) return missing;
  const at = node.range ? walk.at(node.range[0]) : above;
  if (path.length > DEPTH_MAX) {
    return stop(walk, missing, at, path, 'too-deep', `expected at most ${DEPTH_MAX} levels`);
  }
  if (walk.aliasDepth > 0) walk.aliasedNodes += 1;
  if (walk.aliasedNodes > ALIASED_NODES_MAX) {
    const limit = `expected aliases that expand to at most ${ALIASED_NODES_MAX} values`;
    return stop(walk, missing, at, path, 'bad-alias', `${limit}, found more`);
  }
  if (isAlias(node)) return alias(walk, node.source, path, at, missing);
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  if (isMap(node)) {
    return inside(walk, node, () => ({
      kind: 'map',
      at,
      entries: mapEntries(walk, node.items, path, at),
    }));
  }
  if (isSeq(node)) {
    return inside(walk, node, () => ({
      kind: 'list',
      at,
      items: node.items.map((item, index) => visit(walk, item, [...path, index], at)),
    }));
  }
  if (!isScalar(node)) return missing;
  const { value } = node;
  const text = node.source ?? '';
  const plain = typeof value === 'number' || typeof value === 'boolean' || value === null;
  return { kind: 'scalar', at, value: plain ? value : String(value), text };
}

function inside(walk: Walk, node: Node, read: () => SourceNode): SourceNode {
  walk.open.add(node);
  const result = read();
  walk.open.delete(node);
  return result;
}

function alias(
  walk: Walk,
  name: string,
  path: Path,
  at: Position,
  missing: SourceNode,
): SourceNode {
  const target = walk.anchors.get(name);
  if (target === undefined) {
    fault(
      walk,
      at,
      path,
      'bad-alias',
      `unknown alias "*${name}"`,
      'quote a text that starts with *',
    );
    return missing;
  }
  if (walk.open.has(target)) {
    return stop(walk, missing, at, path, 'bad-alias', `alias "*${name}" contains itself`);
  }
  walk.aliasDepth += 1;
  const result = visit(walk, target, path, at);
  walk.aliasDepth -= 1;
  return result;
}

function mapEntries(
  walk: Walk,
  pairs: readonly Pair[],
  path: Path,
  above: Position,
): Map<string, MapEntry> {
  const entries = new Map<string, MapEntry>();
  const merged: [string, MapEntry][] = [];
  for (const pair of pairs) {
    if (walk.stopped) break;
    const keyAt = isNodeLike(pair.key) && pair.key.range ? walk.at(pair.key.range[0]) : above;
    const key = keyText(pair.key);
    if (key === null || key === '__proto__') {
      fault(walk, keyAt, path, 'bad-key', 'expected a plain text as key', null);
      continue;
    }
    const before = entries.get(key);
    if (before !== undefined) {
      const message = `duplicate key "${shorten(key)}"; it is first on line ${before.keyAt.line}`;
      fault(walk, keyAt, [...path, key], 'duplicate-key', message, 'remove one of the two');
      continue;
    }
    const isMerge = key === MERGE_KEY && isAlias(pair.value);
    const node = visit(walk, pair.value, isMerge ? path : [...path, key], keyAt);
    if (!isMerge) entries.set(key, { keyAt, node });
    else if (node.kind === 'map') merged.push(...node.entries);
    else fault(walk, keyAt, path, 'bad-alias', 'expected the alias of a mapping behind <<', null);
  }
  for (const [key, entry] of merged) if (!entries.has(key)) entries.set(key, entry);
  return entries;
}

/** Keys of other types are taken as they are written: a key `1` is the text 1. */
function keyText(key: unknown): string | null {
  if (!isScalar(key) || key.value === null || key.anchor !== undefined) return null;
  return typeof key.value === 'string' ? key.value : (key.source ?? null);
}

function isNodeLike(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function stop(
  walk: Walk,
  missing: SourceNode,
  at: Position,
  path: Path,
  code: SourceFault['code'],
  message: string,
): SourceNode {
  walk.stopped = true;
  fault(walk, at, path, code, message, null);
  return missing;
}

function fault(
  walk: Walk,
  at: Position,
  path: Path,
  code: SourceFault['code'],
  message: string,
  hint: string | null,
): void {
  walk.faults.push({ code, at, path, message, hint });
}

/** A key from a hostile file may be a megabyte long; a message is one line. */
function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 37)}...` : line;
}
