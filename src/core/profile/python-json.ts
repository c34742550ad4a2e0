/**
 * JSON as the published locks were hashed: keys in order of code points, ASCII only, and numbers as
 * Python writes them, in which 1.0 and 1 are two different texts.
 */
import type { ScalarNode, SourceNode } from '../file/source-node.ts';

export interface Separators {
  item: string;
  key: string;
}

export const COMPACT: Separators = { item: ',', key: ':' };
/** Python's default, which the older lock format used. */
export const SPACED: Separators = { item: ', ', key: ': ' };

/** The text of a whole document. */
export function pythonJson(node: SourceNode, separators: Separators = COMPACT): string {
  if (node.kind === 'scalar') return scalarText(node);
  if (node.kind === 'list') {
    return `[${node.items.map((item) => pythonJson(item, separators)).join(separators.item)}]`;
  }
  const entries = [...node.entries].sort(([a], [b]) => compareCodePoints(a, b));
  const texts = entries.map(
    ([key, entry]) => `${asciiString(key)}${separators.key}${pythonJson(entry.node, separators)}`,
  );
  return `{${texts.join(separators.item)}}`;
}

function scalarText(node: ScalarNode): string {
  const { value, text } = node;
  if (typeof value === 'string') return asciiString(value);
  if (typeof value !== 'number') return String(value);
  // Whole numbers keep every digit; a JavaScript number would not beyond 2^53.
  if (/^[-+]?\d+$/.test(text)) return String(BigInt(text.replace('+', '')));
  if (/^0[xo]/.test(text)) return String(BigInt(text));
  return pythonFloat(value);
}

/** Python's repr of a float: shortest digits that round-trip, an exponent below 1e-4 and from 1e16. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return value === 0 ? '0.0' : `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

function asciiString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JavaScript's own order is that of UTF-16 units, which puts emoji before some letters. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
