import { expect, test } from 'vitest';
import { draw } from '../../../../test/judge/tracks.ts';
import { prng } from '../../../base/prng.ts';
import { advanceDispersion, phiOf, startDispersion } from './dispersion.ts';

const BLOCKS = [1, 5, 15, 30, 60];

function over(intervals: number, next: () => { events: number; total: number }) {
  let dispersion = startDispersion(BLOCKS, 1);
  for (let i = 0; i < intervals; i += 1) {
    const { events, total } = next();
    dispersion = advanceDispersion(dispersion, BLOCKS, [events], total);
  }
  return dispersion;
}

test('by hand: 1, 3 and 5 of 100 each vary as much as chance gives', () => {
  const events = [1, 3, 5];
  let dispersion = startDispersion([1], 1);
  for (const one of events) dispersion = advanceDispersion(dispersion, [1], [one], 100);
  // p n = 3; ((1-3)^2 + 0 + (5-3)^2) / 3 / (3 - 1) = 4/3
  expect(phiOf(dispersion, [1], 0, 'poisson')).toBeCloseTo(4 / 3, 12);
  expect(phiOf(dispersion, [1], 0, 'bernoulli')).toBeCloseTo(4 / 3 / 0.97, 12);
});

test('independent events: phi stays close to 1', () => {
  const source = draw(7);
  const phi = phiOf(
    over(1440, () => source.rate(600, 0.01)),
    BLOCKS,
    0,
    'poisson',
  );
  expect(phi).toBeGreaterThanOrEqual(1);
  expect(phi).toBeLessThan(1.8);
});

test('a rate that wanders slowly shows in the long blocks', () => {
  const source = draw(7);
  const random = prng(9);
  let level = 0;
  const phi = phiOf(
    over(1440, () => {
      level = 0.95 * level + 0.3 * (random.next() - 0.5);
      return source.rate(600, 0.01 * Math.exp(level));
    }),
    BLOCKS,
    0,
    'poisson',
  );
  expect(phi).toBeGreaterThan(2.5);
});

test('no event, or too few blocks, says nothing: 1', () => {
  const none = over(200, () => ({ events: 0, total: 600 }));
  expect(phiOf(none, BLOCKS, 0, 'poisson')).toBe(1);
  const every = over(200, () => ({ events: 600, total: 600 }));
  expect(phiOf(every, BLOCKS, 0, 'bernoulli')).toBe(1);
  expect(
    phiOf(
      over(1, () => ({ events: 5, total: 6 })),
      BLOCKS,
      0,
      'poisson',
    ),
  ).toBe(1);
});
