/** Our schema check against ajv, on the schema of plans and values near to plans. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { PLAN_SCHEMA } from './schema.ts';
import { validate } from './validate.ts';

const GOLDEN = join(import.meta.dirname, '../../../test/golden/plans');

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  // The key that tells mappings apart is required beside oneOf and described within.
  strictRequired: false,
  allowUnionTypes: true,
  discriminator: true,
});
const oracle = ajv.compile(PLAN_SCHEMA);

/** Where the errors are, as sets: one slip may break two keywords in one place. */
function same(value: unknown): void {
  const isValid = oracle(value);
  const theirs = (oracle.errors ?? [])
    .filter(({ keyword }) => keyword !== 'if' && keyword !== 'propertyNames')
    .map(({ instancePath, propertyName }) =>
      propertyName === undefined ? instancePath : `${instancePath}/${propertyName}`,
    );
  const found = validate(PLAN_SCHEMA, value);
  expect(found.length === 0).toBe(isValid);
  const ours = found.map(({ path }) => path.map((part) => `/${part}`).join(''));
  expect([...new Set(ours)].sort()).toEqual([...new Set(theirs)].sort());
}

const values = readdirSync(GOLDEN)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name): [string, unknown][] => {
    try {
      return [
        [
          name,
          parse(readFileSync(join(GOLDEN, name), 'utf8'), { uniqueKeys: false, logLevel: 'error' }),
        ],
      ];
    } catch {
      // Files that are no YAML never come this far.
      return [];
    }
  });

test.each(values)('%s: the same places as ajv', (_name, value) => {
  same(value);
});

test('plans with a value replaced, dropped or added: the same places as ajv', () => {
  const good = values.find(([name]) => name === 'good.yaml')?.[1];
  const odd = fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0.5,
    7,
    1e9,
    '',
    'x',
    'live',
    '5m',
    [],
    {},
    [1],
    {
      kind: 'soak',
    },
  );
  const key = fc.constantFrom('kind', 'name', 'weight', 'x', 'source', 'Bad Name');
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(1000)), odd, key, fc.nat(2), (steps, value, name, how) => {
      const copy: unknown = structuredClone(good);
      let node = copy;
      for (const step of steps) {
        if (typeof node !== 'object' || node === null) break;
        const record = node as Record<string, unknown>;
        const keys = Object.keys(record);
        const at = keys[step % Math.max(1, keys.length)];
        const child = at === undefined ? undefined : record[at];
        if (at !== undefined && typeof child === 'object' && child !== null && step % 4 !== 0) {
          node = child;
          continue;
        }
        if (how === 0 && at !== undefined) record[at] = value;
        else if (how === 1 && at !== undefined && !Array.isArray(node)) delete record[at];
        else if (Array.isArray(node)) node.push(value);
        else record[name] = value;
        break;
      }
      same(copy);
    }),
    { numRuns: 2_000 },
  );
});
