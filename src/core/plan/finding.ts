import { formatPath, type Position, type SourcePath } from '../file/source-node.ts';

/** One thing wrong (error) or odd (warning) in a plan, with its place in the file. */
export interface Finding {
  level: 'error' | 'warning';
  /** One stable word for scripts; the message is for people. */
  code: string;
  file: string;
  line: number;
  column: number;
  /** `phases[2].weight`; empty for the file as a whole. */
  path: string;
  message: string;
  hint: string | null;
}

/** `plan.yaml:12:5: phases[2].weight: expected ..., found ... [code]` and the hint on its own line. */
export function formatFinding(finding: Finding): string {
  const level = finding.level === 'warning' ? 'warning: ' : '';
  const path = finding.path === '' ? '' : `${finding.path}: `;
  const place = `${finding.file}:${finding.line}:${finding.column}`;
  const line = `${place}: ${level}${path}${finding.message} [${finding.code}]`;
  return finding.hint === null ? line : `${line}\n  hint: ${finding.hint}`;
}

export interface Fault {
  level?: 'error' | 'warning';
  code: string;
  message: string;
  hint?: string | null;
}

export function findingAt(file: string, at: Position, path: SourcePath, fault: Fault): Finding {
  return {
    level: fault.level ?? 'error',
    code: fault.code,
    file,
    line: at.line,
    column: at.column,
    path: formatPath(path),
    message: fault.message,
    hint: fault.hint ?? null,
  };
}

/** In the order of the file; each once. */
export function inFileOrder(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings
    .filter((finding) => {
      const key = formatFinding(finding);
      return !seen.has(key) && seen.add(key) !== null;
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** A value as a message quotes it: one line, however large or strange the value is. */
export function quoteValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  const text = value.slice(0, 200).replace(/[\s\p{Cc}]+/gu, ' ');
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`;
}
