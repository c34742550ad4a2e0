import { fromUtf8 } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import { type MapNode, plainValue, type ScalarNode, type SourceNode } from '../file/source-node.ts';
import { readYaml } from '../file/yaml-source.ts';
import { type Finding, findingAt, inFileOrder, quoteValue } from '../plan/finding.ts';
import { meant } from '../plan/nearest.ts';
import {
  COUNT_MAX,
  KEY_FORMS,
  NAME_PATTERN,
  PROFILE_KEYS,
  type ProfileKey,
  type ProfileKeyType,
  splitKey,
} from './keys.ts';
import type { ParsedProfile } from './profile.ts';
import { pythonJson } from './python-json.ts';
import { resolveProfile } from './resolve.ts';

/** A profile is a page of text; what is larger is a mistake or an attack and stays unread. */
export const PROFILE_BYTES_MAX = 262_144;

/**
 * The profile in a file's bytes, or every reason why there is none, each with its place. `file` only
 * names it in findings. Never throws, whatever the bytes.
 */
export function parseProfile(
  file: string,
  bytes: Uint8Array,
): { parsed: ParsedProfile | null; findings: Finding[] } {
  const refuse = (code: string, message: string): { parsed: null; findings: Finding[] } => {
    return {
      parsed: null,
      findings: [findingAt(file, { line: 1, column: 1 }, [], { code, message })],
    };
  };
  if (bytes.length > PROFILE_BYTES_MAX) {
    return refuse('too-large', `expected at most 256 KiB, found ${bytes.length} bytes`);
  }
  const text = fromUtf8(bytes);
  if (text === null) return refuse('not-utf8', 'expected UTF-8 text');
  const { root, faults } = readYaml(text);
  const findings = faults.map((fault) => findingAt(file, fault.at, fault.path, fault));
  if (root === null) return { parsed: null, findings };
  if (root.kind !== 'map') {
    const message = `expected the sections of a profile, found ${quoteValue(plainValue(root))}`;
    findings.push(findingAt(file, root.at, [], { code: 'wrong-type', message }));
    return { parsed: null, findings };
  }
  findings.push(...rootFindings(file, root));
  if (findings.length > 0) return { parsed: null, findings: inFileOrder(findings) };
  const normalized = pythonJson(root);
  const profile = resolveProfile(root);
  return { parsed: { profile, normalized, sha256: sha256(normalized) }, findings: [] };
}

const SECTIONS: ReadonlyMap<string, readonly ProfileKey[]> = Map.groupBy(
  PROFILE_KEYS,
  ({ path }) => splitKey(path)[0],
);

function rootFindings(file: string, root: MapNode): Finding[] {
  const found: Finding[] = [];
  found.push(...unknownKeys(file, root, [], [...SECTIONS.keys()], 'section'));
  for (const [section, keys] of SECTIONS) {
    const entry = root.entries.get(section);
    const names = keys.map(({ path }) => splitKey(path)[1]);
    if (entry === undefined) {
      if (keys.every((key) => key.default !== undefined)) continue;
      const message = `missing section "${section}"`;
      const hint = `expected it with ${names.join(', ')}`;
      found.push(findingAt(file, root.at, [], { code: 'missing', message, hint }));
    } else if (entry.node.kind !== 'map') {
      const message = `expected the keys ${names.join(', ')}, found ${quoteValue(plainValue(entry.node))}`;
      found.push(findingAt(file, entry.node.at, [section], { code: 'wrong-type', message }));
    } else {
      found.push(...unknownKeys(file, entry.node, [section], names, 'key'));
      for (const key of keys) found.push(...keyFindings(file, key, entry.node, entry.keyAt));
    }
  }
  return found;
}

function unknownKeys(
  file: string,
  map: MapNode,
  path: readonly string[],
  known: readonly string[],
  word: string,
): Finding[] {
  return [...map.entries]
    .filter(([key]) => !known.includes(key))
    .map(([key, { keyAt }]) => {
      const message = `unknown ${word} ${quoteValue(key)}, expected one of: ${known.join(', ')}`;
      const close = meant(key, known);
      const hint = close?.startsWith('did you mean') ? close : null;
      return findingAt(file, keyAt, path, { code: 'unknown-key', message, hint });
    });
}

function keyFindings(
  file: string,
  key: ProfileKey,
  map: MapNode,
  sectionAt: MapNode['at'],
): Finding[] {
  const [section, name] = splitKey(key.path);
  const entry = map.entries.get(name);
  if (entry === undefined) {
    if (key.default !== undefined) return [];
    const message = `missing key "${name}", expected ${KEY_FORMS[key.type]}`;
    return [findingAt(file, sectionAt, [section], { code: 'missing', message })];
  }
  if (hasForm(key.type, entry.node)) return [];
  const message = `expected ${KEY_FORMS[key.type]}, found ${asFound(entry.node)}`;
  const fault = { code: 'wrong-value', message };
  return [findingAt(file, entry.node.at, [section, name], fault)];
}

/** Numbers as they are written: `1.0` is told apart from `1`. */
function asFound(node: SourceNode): string {
  const isNumber = node.kind === 'scalar' && typeof node.value === 'number';
  return isNumber && node.text.length <= 40 ? node.text : quoteValue(plainValue(node));
}

/** `1e3`, `0x10` and `+1` mean different things to YAML 1.1 and 1.2 readers: only plain decimals. */
const PLAIN_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const WHOLE_NUMBER = /^(?:0|[1-9]\d*)$/;

function hasForm(type: ProfileKeyType, node: SourceNode): node is ScalarNode {
  if (node.kind !== 'scalar') return false;
  const { value, text } = node;
  switch (type) {
    case 'ratio':
      return typeof value === 'number' && PLAIN_NUMBER.test(text) && value >= 0 && value <= 1;
    case 'count':
      return typeof value === 'number' && WHOLE_NUMBER.test(text) && value <= COUNT_MAX;
    case 'version':
      return value === 1 && text === '1';
    case 'boolean':
      return typeof value === 'boolean';
    case 'name':
      return typeof value === 'string' && new RegExp(NAME_PATTERN).test(value);
  }
}
