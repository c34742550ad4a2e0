import type { SourceNode } from '../file/source-node.ts';
import { readYaml } from '../file/yaml-source.ts';
import { pythonJson } from './python-json.ts';

/** A key whose value differs; values in their normalised writing (`1.0`, `"r2"`), null: not there. */
export interface KeyChange {
  key: string;
  before: string | null;
  after: string | null;
}

/** The keys in which two normalised documents differ, by name; null when one of them is unreadable. */
export function diffNormalized(before: string, after: string): KeyChange[] | null {
  const left = leavesOf(before);
  const right = leavesOf(after);
  if (left === null || right === null) return null;
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort();
  return keys
    .map((key) => ({ key, before: left.get(key) ?? null, after: right.get(key) ?? null }))
    .filter((change) => change.before !== change.after);
}

/** `acceptance.min_decisions: 1 -> 2` */
export function formatChange({ key, before, after }: KeyChange): string {
  return `${key}: ${before ?? '(absent)'} -> ${after ?? '(absent)'}`;
}

/** JSON is YAML, and our reader keeps 1.0 apart from 1, which JSON.parse would not. */
function leavesOf(normalized: string): Map<string, string> | null {
  const { root, faults } = readYaml(normalized);
  if (root === null || faults.length > 0) return null;
  const leaves = new Map<string, string>();
  collect(root, '', leaves);
  return leaves;
}

function collect(node: SourceNode, path: string, leaves: Map<string, string>): void {
  if (node.kind === 'map' && node.entries.size > 0) {
    for (const [key, entry] of node.entries) {
      collect(entry.node, path === '' ? key : `${path}.${key}`, leaves);
    }
  } else {
    leaves.set(path, pythonJson(node));
  }
}
