import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffValues } from './diff.ts';

test.each<[string, unknown, unknown, [string, unknown, unknown][]]>([
  ['nothing', { a: 1 }, { a: 1 }, []],
  ['a leaf', { a: { b: 1 } }, { a: { b: 2 } }, [['a.b', 1, 2]]],
  ['a new key', { a: 1 }, { a: 1, b: null }, [['b', undefined, null]]],
  ['a lost key', { a: 1, b: [] }, { a: 1 }, [['b', [], undefined]]],
  ['a type', { a: 1 }, { a: '1' }, [['a', 1, '1']]],
  ['the whole', 1, 2, [['', 1, 2]]],
  [
    'list by place',
    { a: [1, 2] },
    { a: [1, 3, 4] },
    [
      ['a[1]', 2, 3],
      ['a[2]', undefined, 4],
    ],
  ],
  [
    'list by name',
    [{ name: 'x', v: 1 }],
    [
      { name: 'w', v: 0 },
      { name: 'x', v: 2 },
    ],
    [
      ['[x].v', 1, 2],
      ['[w]', undefined, { name: 'w', v: 0 }],
    ],
  ],
  [
    'another order',
    [{ id: 'x' }, { id: 'y' }],
    [{ id: 'y' }, { id: 'x' }],
    [['', ['x', 'y'], ['y', 'x']]],
  ],
])('%s', (_name, before, after, expected) => {
  const found = diffValues(before, after).map((one) => [one.path, one.before, one.after]);
  expect(found).toEqual(expected);
});

test('there is a difference exactly where the JSON texts differ', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
      // Through JSON: -0 and 0 are one number there.
      const [left, right] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))];
      expect(diffValues(left, left)).toEqual([]);
      let same = true;
      try {
        expect(left).toEqual(right);
      } catch {
        same = false;
      }
      expect(diffValues(left, right).length === 0).toBe(same);
    }),
  );
});
