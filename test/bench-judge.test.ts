/** The judge's benchmark: its random laws, its peers by plain numbers, its arithmetic, and its short form. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dkwExcess, dkwPValue, dkwRadius } from '../bench/judge/dkw.ts';
import { draw } from '../bench/judge/draw.ts';
import { flaggerRollsBack } from '../bench/judge/peer-rules.ts';
import { argoSequence, peerParity } from '../bench/judge/peer-vectors.ts';
import { alarmAt, type Levels, PEERS, peersOf, tunedKnob } from '../bench/judge/peers.ts';
import { release } from '../bench/judge/release.ts';
import { harmFrom, scenario } from '../bench/judge/scenario.ts';
import { delayOf, scoreOf, share } from '../bench/judge/scoring.ts';
import { traffic } from '../bench/judge/traffic.ts';

describe('random laws', () => {
  const DRAWS = 40_000;

  test.each([
    ['a small mean', 3],
    ['a large mean', 40],
  ])('Poisson with %s', (_, mean) => {
    const source = draw(11);
    const counts = Array.from({ length: DRAWS }, () => source.poisson(mean));
    let probability = Math.exp(-mean);
    const law = Array.from({ length: 4 * mean + 20 }, (__, k) => {
      if (k > 0) probability *= mean / k;
      return probability;
    });
    expect(chiSquare(counts, law)).toBeLessThan(4);
  });

  test.each([
    ['rare', 600, 0.01],
    ['frequent', 600, 0.2],
    ['nearly always', 100, 0.9],
  ])('binomial, %s', (_, n, p) => {
    const source = draw(12);
    const counts = Array.from({ length: DRAWS }, () => source.binomial(n, p));
    const law: number[] = [];
    let lnChance = n * Math.log(1 - p);
    for (let k = 0; k <= n; k += 1) {
      law.push(Math.exp(lnChance));
      lnChance += Math.log(((n - k) / (k + 1)) * (p / (1 - p)));
    }
    expect(chiSquare(counts, law)).toBeLessThan(4);
  });

  test('multinomial: nothing is lost, and each class has its share', () => {
    const source = draw(13);
    const law = [0.5, 0.3, 0.15, 0.05];
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < 2_000; i += 1) {
      const counts = source.multinomial(50, law);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(50);
      counts.forEach((count, index) => {
        sums[index] = (sums[index] ?? 0) + count;
      });
    }
    law.forEach((part, index) => {
      const error = Math.sqrt((part * (1 - part)) / 100_000);
      expect(Math.abs((sums[index] ?? 0) / 100_000 - part)).toBeLessThan(4 * error);
    });
  });

  test('what varies by itself has the spread that it should', () => {
    const phiOf = (ar: number): number => {
      const source = traffic(scenario({ dispersion: { cv: 0.5, ar } }), 14, null);
      let squares = 0;
      let blocks = 0;
      const BLOCK = 60;
      for (let block = 0; block < 400; block += 1) {
        let [total, count] = [0, 0];
        for (let i = 0; i < BLOCK; i += 1) {
          const one = source.before(block * BLOCK + i);
          total += one.total;
          count += one.events;
        }
        squares += (count - 0.01 * total) ** 2 / (0.01 * total);
        blocks += 1;
      }
      return squares / blocks;
    };
    // Independent: 1 + 6 x 0.25. Correlated: times (1 + r) / (1 - r), r = 0.78 of the factor itself.
    expect(phiOf(0)).toBeGreaterThan(1.9);
    expect(phiOf(0)).toBeLessThan(3.3);
    expect(phiOf(0.8)).toBeGreaterThan(9);
    expect(phiOf(0.8)).toBeLessThan(19);
  });
});

/** How many standard deviations the chi-square statistic is above its mean; rare classes joined. */
function chiSquare(counts: readonly number[], law: readonly number[]): number {
  const seen = new Map<number, number>();
  for (const count of counts) seen.set(count, (seen.get(count) ?? 0) + 1);
  let sum = 0;
  let classes = 0;
  let [expected, observed] = [0, 0];
  law.forEach((chance, value) => {
    expected += chance * counts.length;
    observed += seen.get(value) ?? 0;
    if (expected < 10) return;
    sum += (observed - expected) ** 2 / expected;
    classes += 1;
    [expected, observed] = [0, 0];
  });
  return (sum - (classes - 1)) / Math.sqrt(2 * (classes - 1));
}

describe('peers', () => {
  test.each([
    [0, 5, 'SSSSS', 'Running Running Running Running Successful'],
    [0, 5, 'SF', 'Running Failed'],
    [3, null, 'FSFSFSF', 'Running Running Running Running Running Running Failed'],
    [1, 4, 'FSSS', 'Running Running Running Successful'],
  ])('Argo, limit %i of %s: %s', (limit, count, phases, expected) => {
    expect(argoSequence(limit, count, phases).join(' ')).toBe(expected);
  });

  test('Flagger never forgives, and 0 stands for 1', () => {
    expect([2, 3].map((failed) => flaggerRollsBack(failed, 3))).toEqual([false, true]);
    expect(flaggerRollsBack(1, 0)).toBe(true);
  });

  test('DKW bands', () => {
    expect(dkwRadius(1, 0.05)).toBeCloseTo(2.4495298993167416, 12);
    expect(dkwPValue(0.05, 20_000, 20_000)).toBeCloseTo(2.5892269648773767e-5, 10);
    const stable = [120, 900, 4200, 9000, 5200, 480, 90, 10];
    const { sup, radii } = dkwExcess(stable, [100, 700, 3500, 8600, 6200, 760, 120, 20], 0.01);
    expect(sup).toBeCloseTo(0.066, 12);
    expect(radii).toBeCloseTo(2 * 0.021280511225044742, 9);
  });

  test('their own values, where they are at hand', () => {
    const parity = peerParity();
    if (parity === null) console.log('left out: the values of the peers are not at hand');
    for (const { file, held, of } of parity ?? []) {
      console.log(`${file}: ${held} of ${of}`);
      expect(held, file).toBe(of);
      expect(of).toBeGreaterThan(0);
    }
  });

  test('from one run of levels every threshold is known', () => {
    const levels: Levels = [
      [3, 1],
      [10, 2],
      [40, 4],
      [90, 11],
    ];
    expect([3, 1].map((limit) => alarmAt('argo', levels, limit))).toEqual([40, 10]);
    expect(alarmAt('flagger', levels, 10)).toBe(90);
    expect(alarmAt('argo', levels, 11)).toBe(null);
  });

  test('tuned: at most the part asked for alarms, and one step laxer it is more', () => {
    const healthy = Array.from({ length: 200 }, (_, i): Levels => [[5, i + 1]]);
    const limit = tunedKnob('argo', healthy, 0.01);
    const alarms = (knob: number): number =>
      healthy.filter((levels) => alarmAt('argo', levels, knob) !== null).length;
    expect([alarms(limit), alarms(limit - 1)]).toEqual([2, 3]);
  });

  test('each sees a candidate that is ten times worse, and at what time', () => {
    const bad = scenario({ harmAt: harmFrom(0, 10) });
    const requests = traffic(bad, 5, null);
    const peers = peersOf(bad);
    const first = new Map<string, number>();
    for (let minute = 0; minute < 60; minute += 1) {
      const { stable, candidate } = requests.during(minute);
      for (const peer of peers) {
        const { alarms, documented, lagMinutes } = PEERS[peer.name];
        const level = peer.observe(minute, stable, candidate);
        if (alarms(level, documented) && !first.has(peer.name)) {
          first.set(peer.name, minute + 1 + lagMinutes);
        }
      }
    }
    expect(Object.fromEntries(first)).toEqual({
      kayenta: 60,
      argo: 4,
      flagger: 11,
      threshold: 5,
      peeking: 1,
    });
  });
});

describe('arithmetic', () => {
  test('exact intervals of a share', () => {
    // 1 - 0.05^(1/299): none of 299 shows at most 1 %.
    expect(share(0, 299).upper).toBeCloseTo(1 - 0.05 ** (1 / 299), 10);
    const half = share(5, 10);
    expect([half.low, half.high]).toEqual([
      expect.closeTo(0.18708602844739, 9),
      expect.closeTo(0.81291397155261, 9),
    ]);
    expect(share(10, 10).high).toBe(1);
  });

  test('delays: what never happened stands behind all else', () => {
    const delay = delayOf([1, 2, 3, null], 100);
    expect([delay.median, delay.p90, delay.restrictedMean]).toEqual([2, Infinity, 26.5]);
    expect(delay.found).toMatchObject({ count: 3, of: 4 });
  });

  test('score: nothing for a rule that alarms too often', () => {
    const delay = delayOf([7, 7], 4_320);
    expect(scoreOf(share(100, 2_000), delay, 4_320)).toBe(0);
    expect(scoreOf(share(10, 2_000), delay, 4_320)).toBeCloseTo(
      1 - Math.log(8) / Math.log(4_321),
      12,
    );
  });
});

test('a release is the same every time, whoever watches it', () => {
  const plan = {
    scenario: scenario({ harmAt: harmFrom(0, 2) }),
    minutes: 120,
    isFollowed: false,
    series: null,
  };
  const both = release({ ...plan, modes: ['off', 'shipped'], withPeers: true }, 3);
  const one = release({ ...plan, modes: ['shipped'], withPeers: false }, 3);
  expect(both.judges.off?.rollbackAt).toBeLessThan(60);
  expect(one.judges.shipped).toEqual(both.judges.shipped);
});

test('the short form runs to its end, and shows nothing absurd', { timeout: 120_000 }, () => {
  const program = join(import.meta.dirname, '../bench/judge.ts');
  const output = execFileSync(process.execPath, [program, '--smoke'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const title of ['Bars', 'Latency', 'Promotion', 'Recorded load', 'Cost']) {
    expect(output).toContain(`## ${title}\n`);
  }
  expect(output).not.toMatch(/NaN|undefined/);
});
