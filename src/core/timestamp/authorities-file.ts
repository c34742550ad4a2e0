import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { MapNode, Position, SourceNode } from '../file/source-node.ts';
import { readYaml } from '../file/yaml-source.ts';
import type { AuthorityDefinition } from './authority.ts';
import { operatorKey } from './stamps-result.ts';

/** An authority as its file names it: the certificates are in another file. */
export type AuthorityEntry = Omit<AuthorityDefinition, 'rootsPem'> & {
  /** Path of a PEM file; a relative one begins where this file stands. */
  roots: string;
};

const HEAD: Readonly<Record<string, string>> = {
  apiVersion: 'aurora/v1',
  kind: 'TimestampAuthorities',
};
const KEYS = ['name', 'operator', 'url', 'roots', 'policies'] as const;
const AUTHORITIES_MAX = 8;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const OID = /^[0-2](?:\.(?:0|[1-9]\d{0,38})){1,30}$/;

/**
 * The authorities that a file names (docs/formats/timestamps.md), in its order: at least two, of different
 * operators. `invalid-file` with a line for each fault.
 */
export function parseAuthorities(text: string, path: string): Result<AuthorityEntry[]> {
  const { root, faults } = readYaml(text);
  const wrong = new Faults(path);
  for (const { at, message, hint } of faults) {
    wrong.add(at, hint === null ? message : `${message}; ${hint}`);
  }
  const entries = root === null || faults.length > 0 ? [] : entriesOf(root, wrong);
  if (wrong.lines.length === 0) checkTogether(entries, wrong);
  if (wrong.lines.length === 0) return ok(entries.map(({ entry }) => entry));
  return fail(problem('invalid-file', wrong.lines.join('\n'), 'docs/formats/timestamps.md'));
}

class Faults {
  readonly lines: string[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  add({ line, column }: Position, text: string): void {
    this.lines.push(`${this.#path}:${line}:${column}: ${text}`);
  }
}

interface Placed {
  at: Position;
  entry: AuthorityEntry;
}

function entriesOf(root: SourceNode, wrong: Faults): Placed[] {
  if (root.kind !== 'map') {
    wrong.add(root.at, 'expected apiVersion, kind and authorities');
    return [];
  }
  unknownKeys(root, [...Object.keys(HEAD), 'authorities'], wrong);
  for (const [key, value] of Object.entries(HEAD)) {
    const node = root.entries.get(key)?.node;
    if (node?.kind === 'scalar' && node.value === value) continue;
    wrong.add(node?.at ?? root.at, `expected ${key}: ${value}`);
  }
  const list = root.entries.get('authorities')?.node;
  if (list?.kind !== 'list' || list.items.length > AUTHORITIES_MAX) {
    wrong.add(list?.at ?? root.at, `expected a list of authorities, at most ${AUTHORITIES_MAX}`);
    return [];
  }
  return list.items.flatMap((item) => {
    const entry = entryOf(item, wrong);
    return entry === null ? [] : [{ at: item.at, entry }];
  });
}

function entryOf(node: SourceNode, wrong: Faults): AuthorityEntry | null {
  if (node.kind !== 'map') {
    wrong.add(node.at, `expected an authority with ${KEYS.join(', ')}`);
    return null;
  }
  unknownKeys(node, KEYS, wrong);
  const name = text(node, 'name', wrong, (value) =>
    NAME.test(value) ? null : 'expected a name of lower-case letters, digits and dashes',
  );
  const operator = text(node, 'operator', wrong, (value) =>
    operatorKey(value) === '' ? 'expected who runs it' : null,
  );
  const url = text(node, 'url', wrong, urlFault);
  const roots = text(node, 'roots', wrong, (value) =>
    value === '' ? 'expected the path of a PEM file' : null,
  );
  return { name, operator, url, roots, policies: policiesOf(node, wrong) };
}

function urlFault(value: string): string | null {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return 'expected an http or https URL';
  // It would be told in every message and record.
  return url.username + url.password === '' ? null : 'no name or password belongs in it';
}

function policiesOf(node: MapNode, wrong: Faults): string[] {
  const list = node.entries.get('policies')?.node;
  if (list?.kind !== 'list' || list.items.length === 0) {
    wrong.add(
      list?.at ?? node.at,
      "expected policies: the OIDs under which it stamps, such as ['1.2.3']",
    );
    return [];
  }
  return list.items.flatMap((item) => {
    // Unquoted, 1.2 would be a number, and 1.20 the same one.
    if (item.kind === 'scalar' && OID.test(item.text)) return [item.text];
    wrong.add(item.at, 'expected an OID such as 1.3.6.1.4.1.32473.1');
    return [];
  });
}

function text(
  node: MapNode,
  key: string,
  wrong: Faults,
  faultOf: (value: string) => string | null,
): string {
  const found = node.entries.get(key)?.node;
  const value = found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : null;
  const fault = value === null ? 'expected a text' : faultOf(value);
  if (fault !== null) wrong.add(found?.at ?? node.at, `${key}: ${fault}`);
  return value ?? '';
}

function unknownKeys(node: MapNode, known: readonly string[], wrong: Faults): void {
  for (const [key, { keyAt }] of node.entries) {
    if (!known.includes(key)) wrong.add(keyAt, `unknown key ${JSON.stringify(key.slice(0, 80))}`);
  }
}

function checkTogether(entries: readonly Placed[], wrong: Faults): void {
  const kinds: readonly [string, (entry: AuthorityEntry) => string][] = [
    ['name', ({ name }) => name],
    ['url', ({ url }) => new URL(url).href],
  ];
  for (const [what, keyOf] of kinds) {
    const seen = new Set<string>();
    for (const { at, entry } of entries) {
      if (seen.has(keyOf(entry))) wrong.add(at, `another authority has the same ${what}`);
      seen.add(keyOf(entry));
    }
  }
  const operators = new Set(entries.map(({ entry }) => operatorKey(entry.operator)));
  if (operators.size < 2) {
    const at = entries[0]?.at ?? { line: 1, column: 1 };
    wrong.add(at, 'expected authorities of at least two operators: one alone could lie unseen');
  }
}
