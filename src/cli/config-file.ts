import { dirname, resolve } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Position, SourceNode } from '../core/file/source-node.ts';
import { readYaml } from '../core/file/yaml-source.ts';
import { meant } from '../core/plan/nearest.ts';
import { type FileValue, type FileValues, SETTINGS, type Setting } from './config.ts';
import { readText } from './files.ts';

/**
 * Settings of one file, by flag. `invalid-file` with a line for each fault. In a file of its own:
 * only who has such a file waits for the library.
 */
export function readConfigFile(path: string, kind: FileValue['kind']): Result<FileValues> {
  const text = readText(path);
  if (!text.ok) return text;
  const { root, faults } = readYaml(text.value);
  const values = new Map<string, FileValue>();
  // All lines commented out: it says nothing, and nothing is wrong.
  if (faults.some(({ code }) => code === 'empty-file')) return ok(values);
  const wrong = faults.map(({ at, message, hint }) => {
    return line(path, at, hint === null ? message : `${message}; ${hint}`);
  });
  if (root !== null && root.kind !== 'map') {
    wrong.push(line(path, root.at, 'expected settings such as "state: .aurora"'));
  }
  for (const [key, { keyAt, node }] of root?.kind === 'map' ? root.entries : []) {
    const setting = SETTINGS.find((one) => one.key === key);
    const fault = setting === undefined ? unknownKey(key) : valueFault(setting, node);
    if (fault !== null) wrong.push(line(path, setting === undefined ? keyAt : node.at, fault));
    else if (setting !== undefined && node.kind === 'scalar') {
      const value = setting.isPath ? resolve(dirname(path), node.text) : String(node.value);
      values.set(setting.flag, { value, kind, place: place(path, node.at) });
    }
  }
  if (wrong.length === 0) return ok(values);
  return fail(problem('invalid-file', wrong.join('\n'), 'auroractl config view --help'));
}

function unknownKey(key: string): string {
  const known = SETTINGS.map((one) => one.key);
  const meantKey = meant(key, known);
  return `unknown key ${JSON.stringify(key.slice(0, 80))}${meantKey === null ? '' : `; ${meantKey}`}`;
}

function valueFault({ key, choices }: Setting, node: SourceNode): string | null {
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') {
    return `${key}: expected a text`;
  }
  if (choices.length === 0 || choices.includes(node.value)) return null;
  const found = JSON.stringify(node.value.slice(0, 80));
  return `${key}: expected one of ${choices.join(', ')}, found ${found}`;
}

function place(path: string, { line: row, column }: Position): string {
  return `${path}:${row}:${column}`;
}

function line(path: string, at: Position, text: string): string {
  return `${place(path, at)}: ${text}`;
}
