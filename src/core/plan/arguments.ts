import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import {
  keyPosition,
  type MapEntry,
  plainValue,
  type ScalarNode,
  type SourceNode,
  type SourcePath,
} from '../file/source-node.ts';
import { type Finding, findingAt, quoteValue } from './finding.ts';
import { meant } from './nearest.ts';

type ArgumentType = 'string' | 'number' | 'integer' | 'boolean' | 'duration';
type ArgumentValue = string | number | boolean;

/** Names are short: unclosed ones by the thousand must not each be looked for to the end. */
const USE = /\$?\$\{([^}]{0,64})\}/g;
const WHOLE = /^\$\{([^}]*)\}$/;

export interface Substituted {
  root: SourceNode;
  findings: Finding[];
  /** Values that could not be filled in: what the form check says of them is no news. */
  unfilled: readonly SourcePath[];
}

/**
 * Writes the arguments of a plan into its values: `${name}` alone becomes the typed value, within a
 * longer text its writing. `$${` stands for `${`. A value may not name another argument: what the
 * caller gives is data and is never read again.
 */
export function substituteArguments(
  file: string,
  root: SourceNode,
  given: Readonly<Record<string, string>>,
): Substituted {
  const findings: Finding[] = [];
  const values = argumentValues(file, root, given, findings);
  const unfilled: SourcePath[] = [];
  const fill = (node: ScalarNode, path: SourcePath): SourceNode => {
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
    const missing = (name: string): void => {
      if (unfilled.at(-1) !== path) unfilled.push(path);
      // An argument that was declared and is not to be had was reported where it is declared.
      if (values.has(name)) return;
      const fault = {
        code: 'argument-unknown',
        message: `unknown argument ${quoteValue(name)}`,
        hint: meant(name, [...values.keys()]) ?? 'declare it under arguments',
      };
      findings.push(findingAt(file, node.at, path, fault));
    };
    const whole = WHOLE.exec(node.value)?.[1];
    if (whole !== undefined) {
      const value = values.get(whole) ?? null;
      if (value === null) missing(whole);
      return { ...node, value: value ?? node.value };
    }
    const text = node.value.replace(USE, (use, name: string) => {
      if (use.startsWith('$$')) return use.slice(1);
      const value = values.get(name) ?? null;
      if (value === null) missing(name);
      return String(value ?? use);
    });
    return { ...node, value: text };
  };
  return { root: mapScalars(root, [], fill), findings, unfilled };
}

/** null: declared, but without a value that could be used. */
function argumentValues(
  file: string,
  root: SourceNode,
  given: Readonly<Record<string, string>>,
  findings: Finding[],
): Map<string, ArgumentValue | null> {
  const values = new Map<string, ArgumentValue | null>();
  const declared = root.kind === 'map' ? root.entries.get('arguments') : undefined;
  const entries =
    declared?.node.kind === 'map' ? declared.node.entries : new Map<string, MapEntry>();
  for (const [name, { keyAt, node }] of entries) {
    const path = ['arguments', name];
    const { type, fallback } = declaration(node);
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    const value = text === undefined ? fallback : parseArgument(type, text);
    values.set(name, value);
    if (text !== undefined && value === null) {
      const message = `expected ${FORMS[type]}, given ${quoteValue(text)}`;
      findings.push(findingAt(file, keyAt, path, { code: 'argument-type', message }));
    } else if (value === null) {
      const message = `argument "${name}" has no default and was not given`;
      const fault = { code: 'argument-missing', message, hint: `give it: --arg ${name}=VALUE` };
      findings.push(findingAt(file, keyAt, path, fault));
    } else if (
      text === undefined &&
      type !== typeOf(value) &&
      parseArgument(type, String(value)) === null
    ) {
      const message = `expected ${FORMS[type]} as default, found ${quoteValue(value)}`;
      findings.push(findingAt(file, keyAt, path, { code: 'argument-type', message }));
    }
  }
  for (const name of Object.keys(given).sort()) {
    if (values.has(name)) continue;
    const message = `the plan has no argument ${quoteValue(name)}`;
    const fault = { code: 'argument-unknown', message, hint: meant(name, [...values.keys()]) };
    findings.push(findingAt(file, keyPosition(root, ['arguments']), ['arguments'], fault));
  }
  return values;
}

function declaration(node: SourceNode): { type: ArgumentType; fallback: ArgumentValue | null } {
  const value = plainValue(node);
  if (isArgumentValue(value)) return { type: typeOf(value), fallback: value };
  if (node.kind !== 'map') return { type: 'string', fallback: null };
  const typeNode = node.entries.get('type')?.node;
  const type = typeNode === undefined ? null : plainValue(typeNode);
  const defaultNode = node.entries.get('default')?.node;
  const fallback = defaultNode === undefined ? null : plainValue(defaultNode);
  return {
    type: isArgumentType(type) ? type : 'string',
    fallback: isArgumentValue(fallback) ? fallback : null,
  };
}

function typeOf(value: ArgumentValue): ArgumentType {
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'boolean' : 'number';
}

const FORMS: Readonly<Record<ArgumentType, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  duration: DURATION_FORM,
};

function parseArgument(type: ArgumentType, text: string): ArgumentValue | null {
  switch (type) {
    case 'string':
      return text;
    case 'number':
      return /^-?\d+(\.\d+)?([eE][-+]?\d{1,3})?$/.test(text) ? Number(text) : null;
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : null;
    case 'duration':
      return parseDuration(text) === null ? null : text;
  }
}

function isArgumentType(value: unknown): value is ArgumentType {
  return typeof value === 'string' && Object.hasOwn(FORMS, value);
}

function isArgumentValue(value: unknown): value is ArgumentValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function mapScalars(
  node: SourceNode,
  path: SourcePath,
  change: (node: ScalarNode, path: SourcePath) => SourceNode,
): SourceNode {
  // What an argument is said to be is not filled in by others.
  if (path.length === 1 && path[0] === 'arguments') return node;
  if (node.kind === 'scalar') return change(node, path);
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => mapScalars(item, [...path, index], change));
    return { ...node, items };
  }
  const entries = [...node.entries].map(([key, entry]): [string, MapEntry] => [
    key,
    { keyAt: entry.keyAt, node: mapScalars(entry.node, [...path, key], change) },
  ]);
  return { ...node, entries: new Map(entries) };
}
