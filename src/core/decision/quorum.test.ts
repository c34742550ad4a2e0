import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quorum, type RequiredRole } from './quorum.ts';
import type { AcceptedSignOff } from './sign-off.ts';

function signed(
  person: string,
  role: string,
  choice: 'approve' | 'reject' = 'approve',
): AcceptedSignOff {
  return { person, role, choice, atMs: 0, signature: '' };
}

const one = (role: string): RequiredRole => ({ role, count: 1 });

test.each<[string, RequiredRole[], AcceptedSignOff[], boolean]>([
  ['two people, two roles', [one('a'), one('b')], [signed('x', 'a'), signed('y', 'b')], true],
  ['one person, two roles', [one('a'), one('b')], [signed('x', 'a'), signed('x', 'b')], false],
  [
    'one person twice in a role',
    [{ role: 'a', count: 2 }],
    [signed('x', 'a'), signed('x', 'a')],
    false,
  ],
  ['a role listed twice', [one('a'), one('a')], [signed('x', 'a')], false],
  ['a role that nobody asked for', [one('a')], [signed('x', 'b')], false],
  ['a count of nothing', [{ role: 'a', count: 0 }], [], false],
  ['nothing required', [], [signed('x', 'a')], false],
  [
    'a place is given up for another',
    [one('a'), one('b')],
    [signed('x', 'a'), signed('x', 'b'), signed('y', 'a')],
    true,
  ],
])('%s', (_, required, accepted, met) => {
  expect(quorum(required, [], accepted).met).toBe(met);
});

/** Every way to give each place to a person who approved in its role. */
function canBeMet(places: readonly string[], approvals: readonly AcceptedSignOff[]): boolean {
  const [role, ...rest] = places;
  if (role === undefined) return true;
  return approvals
    .filter((approval) => approval.role === role)
    .some(({ person }) =>
      canBeMet(
        rest,
        approvals.filter((other) => other.person !== person),
      ),
    );
}

const anyRequired = fc.array(
  fc.record({ role: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 2 }) }),
  { minLength: 1, maxLength: 3 },
);
const anyApprovals = fc.array(
  fc.tuple(fc.constantFrom('p', 'q', 'r', 's'), fc.constantFrom('a', 'b', 'c', 'd')),
  { maxLength: 9 },
);

test('is met exactly when distinct people can fill all places', () => {
  fc.assert(
    fc.property(anyRequired, anyApprovals, (required, pairs) => {
      const approvals = pairs.map(([person, role]) => signed(person, role));
      const places = required.flatMap(({ role, count }) => Array<string>(count).fill(role));
      const standing = quorum(required, [], approvals);
      expect(standing.met).toBe(canBeMet(places, approvals));
      // What is missing is no more than it must be: the largest part that could be filled is.
      const open = standing.missing.reduce((sum, { count }) => sum + count, 0);
      expect(open === 0).toBe(standing.met);
    }),
    { numRuns: 500 },
  );
});

test('a rejection ends it, and one approval less never helps', () => {
  fc.assert(
    fc.property(anyRequired, anyApprovals, fc.nat(), (required, pairs, drop) => {
      const approvals = pairs.map(([person, role]) => signed(person, role));
      const fewer = approvals.filter((_, i) => i !== drop % Math.max(1, approvals.length));
      const met = quorum(required, [], approvals).met;
      expect(met || !quorum(required, [], fewer).met).toBe(true);
      const rejected = quorum(required, [], [...approvals, signed('z', 'a', 'reject')]);
      expect(rejected).toMatchObject({ met: false, rejectedBy: 'z (a)' });
    }),
  );
});
