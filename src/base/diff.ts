/** One value that differs. `undefined` on a side: it is not there at all. */
export interface Difference {
  /** `judge.alpha`, `phases[2].weightPct`; empty when the values differ as a whole. */
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * The leaves in which two JSON values differ, by path in code-unit order of keys. A list is compared
 * by position, or by the `name` (or `id`) of its entries where each has its own, so that an entry
 * put in front doesn't show all the others as changed.
 */
export function diffValues(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  compare('', before, after, found);
  return found;
}

function compare(path: string, before: unknown, after: unknown, found: Difference[]): void {
  if (Object.is(before, after)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(path, before, after, found);
  } else if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    for (const key of keys) {
      compare(path === '' ? key : `${path}.${key}`, own(before, key), own(after, key), found);
    }
  } else {
    found.push({ path, before, after });
  }
}

function compareLists(
  path: string,
  before: readonly unknown[],
  after: readonly unknown[],
  found: Difference[],
): void {
  const left = named(before);
  const right = named(after);
  if (left === null || right === null) {
    const length = Math.max(before.length, after.length);
    for (let i = 0; i < length; i += 1) compare(`${path}[${i}]`, before[i], after[i], found);
    return;
  }
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    compare(`${path}[${key}]`, left.get(key), right.get(key), found);
  }
  const kept = [...left.keys()].filter((key) => right.has(key));
  const order = [...right.keys()].filter((key) => left.has(key));
  // The same entries in another order are another plan: phases are gone through in order.
  if (kept.join('\n') !== order.join('\n')) found.push({ path, before: kept, after: order });
}

/** The entries by their own names; null where one has none, or two have the same. */
function named(list: readonly unknown[]): Map<string, unknown> | null {
  const entries = new Map<string, unknown>();
  for (const item of list) {
    const name = isRecord(item) ? (own(item, 'name') ?? own(item, 'id')) : undefined;
    if (typeof name !== 'string' || entries.has(name)) return null;
    entries.set(name, item);
  }
  return entries;
}

function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
