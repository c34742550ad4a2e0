import { expect, test } from 'vitest';
import { prng } from '../base/prng.ts';
import { Share } from './share.ts';

test.each([0, 0.1, 1, 5, 10, 33.3, 50, 66.6, 90, 99, 100])(
  'after every request %s %% are met within one',
  (pct) => {
    const share = new Share(prng(7));
    let picked = 0;
    for (let asked = 1; asked <= 10_000; asked += 1) {
      if (share.next(pct)) picked += 1;
      expect(Math.abs(picked - (asked * pct) / 100)).toBeLessThanOrEqual(1);
    }
  },
);

test('a client whose requests alternate is not sorted by its rhythm', () => {
  const share = new Share(prng(3));
  let even = 0;
  for (let asked = 0; asked < 10_000; asked += 1) {
    if (share.next(50) && asked % 2 === 0) even += 1;
  }
  expect(even).toBeGreaterThan(2_300);
  expect(even).toBeLessThan(2_700);
});
