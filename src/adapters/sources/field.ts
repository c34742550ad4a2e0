import { fail, ok, type Result } from '../../base/result.ts';
import type { EvidenceValue } from '../../core/gate/check.ts';

const ITEMS_MAX = 10_000;
const ITEM_CHARS_MAX = 500;

/**
 * The value that a path such as `a.b[0].c` names in a JSON text: a number is a number, true and false
 * are 1 and 0, `{"numerator": 3, "denominator": 4}` is a ratio, a list of `{"atMs": 1, "value": 2}` is a
 * series, and any other list is items. Everything else is a reason why there is no value.
 */
export function valueAt(json: Uint8Array, field: string): Result<EvidenceValue, string> {
  const path = parsePath(field);
  if (path === null) return fail(`"${field}" is no path such as a.b[0].c`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return fail(json.length === 0 ? 'it is empty' : 'it is not JSON');
  }
  for (const step of path) {
    if (!isHolder(value) || !Object.hasOwn(value, step)) return fail(`it has no field ${field}`);
    value = value[step];
  }
  return evidenceOf(value, field);
}

/** null: not a path. Names hold no dots and no brackets. */
function parsePath(field: string): readonly string[] | null {
  if (
    field.length > 500 ||
    !/^[^.[\]]+(?:\[\d{1,9}\])*(?:\.[^.[\]]+(?:\[\d{1,9}\])*)*$/.test(field)
  )
    return null;
  return field.split('.').flatMap((part) => part.replaceAll(']', '').split('['));
}

/** Own fields only: `length` of a list and `constructor` of anything are not in the file. */
function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function evidenceOf(value: unknown, field: string): Result<EvidenceValue, string> {
  if (typeof value === 'boolean') return ok({ kind: 'number', value: value ? 1 : 0 });
  if (typeof value === 'number') {
    // JSON may say 1e999, which is read as infinite.
    if (!Number.isFinite(value)) return fail(`${field} is beyond every number`);
    return ok({ kind: 'number', value });
  }
  if (Array.isArray(value)) {
    if (value.length > ITEMS_MAX) return fail(`${field} has more than ${ITEMS_MAX} items`);
    const points = value.map(pointOf).filter((point) => point !== null);
    if (points.length > 0 && points.length === value.length) return ok({ kind: 'series', points });
    return ok({ kind: 'items', items: value.map(itemText) });
  }
  if (isHolder(value) && hasNumbers(value, 'numerator', 'denominator')) {
    const { numerator, denominator } = value;
    return ok({ kind: 'ratio', numerator, denominator });
  }
  const kind = value === null ? 'null' : typeof value === 'string' ? 'a text' : 'an object';
  return fail(`${field} is ${kind}: a number, a list, a ratio, true or false is needed`);
}

function itemText(item: unknown): string {
  const text = typeof item === 'string' ? item : JSON.stringify(item);
  return text.length <= ITEM_CHARS_MAX ? text : `${text.slice(0, ITEM_CHARS_MAX)}...`;
}

function pointOf(item: unknown): readonly [atMs: number, value: number] | null {
  return isHolder(item) && hasNumbers(item, 'atMs', 'value') ? [item.atMs, item.value] : null;
}

/** Exactly these fields, each a number that JSON can hold. */
function hasNumbers<K extends string>(
  value: Record<string, unknown>,
  ...names: K[]
): value is Record<K, number> {
  const all = Object.keys(value);
  return all.length === names.length && names.every((name) => Number.isFinite(value[name]));
}
