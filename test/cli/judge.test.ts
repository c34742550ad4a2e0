/** The judge over files: what it says of sound ones, and of every other kind. */
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, bench, type Outcome } from './program.ts';

let here: Bench;
beforeEach(() => {
  here = bench('docs/examples', 'plans');
});
afterEach(() => here.remove());

const WORSE = 'docs/examples/worse-build.csv';
const EQUAL = 'docs/examples/equal-builds.csv';
const KNOWN = ['--split', '50', '--dispersion', 'assumed 1'];
const HEADING = 'interval,track,requests,errors\n';

const judge = (...words: string[]): Outcome => here.run('judge', ...words);

/** A file of its own, judged. */
function judged(text: string, ...words: string[]): Outcome {
  writeFileSync(here.path('in.csv'), text);
  return judge('in.csv', ...KNOWN, ...words);
}

function rows(count: number, errors: readonly [number, number]): string {
  const lines = Array.from({ length: count }, (_, i) => {
    return `${i},stable,600,${errors[0]}\n${i},candidate,600,${errors[1]}\n`;
  });
  return HEADING + lines.join('');
}

describe('verdicts', () => {
  test('a worse build: 1, one sentence, a table, what would have turned it', () => {
    const { code, out } = judge(WORSE, ...KNOWN);
    expect(code).toBe(1);
    const [sentence] = out.split('\n');
    expect(sentence).toMatch(
      /^rollback: the candidate is worse than stable: errors 2\.33 % of 4860/,
    );
    expect(out).toMatch(
      /errors: ratio between 1\.\d+ and \d(?:\.\d+)? with 95 % at all times together/,
    );
    expect(out).toMatch(/errors: at most \d+ bad ones .* would not have rolled back there/);
  });

  test('equal builds: 0; without their split or their dispersion nothing can be told: 5', () => {
    expect(judge(EQUAL, ...KNOWN).code).toBe(0);
    const unsplit = judge(EQUAL, '--dispersion', 'assumed 1');
    expect(unsplit.code).toBe(5);
    expect(unsplit.err).toContain('hint: --split 50');
    const unknown = judge(EQUAL, '--split', '50');
    expect(unknown.code).toBe(5);
    expect(unknown.out).toMatch(/^inconclusive: the dispersion of errors rests on 120 of 1440/);
  });

  test('too few: neither, and how many more would do', () => {
    const { code, out } = judged(rows(5, [6, 6]));
    expect(code).toBe(5);
    expect(out).toMatch(/about \d+ more intervals like these would promote/);
    expect(out).toMatch(
      /\d+ bad ones of the candidate in interval 4 instead of 6 would have rolled/,
    );
  });

  test('JSON says the same, and can be judged again', () => {
    const { out } = judge(WORSE, ...KNOWN, '-o', 'json');
    const found = JSON.parse(out);
    expect(found).toMatchObject({
      kind: 'Judgement',
      verdict: { kind: 'rollback', crossedSeq: 47 },
    });
    expect(found.points).toHaveLength(120);
    expect(found.flips[0]).toMatchObject({ metric: 'errors', to: 'no rollback' });
    const intervals = [0, 1].map((seq) => ({
      ...{ seq, startMs: seq * 1e4, endMs: seq * 1e4 + 1e4, candidatePct: 50 },
      stable: {
        up: true,
        requests: 9,
        metrics: { latency: { kind: 'histogram', counts: [5, 4] } },
      },
      candidate: null,
    }));
    writeFileSync(here.path('in.json'), JSON.stringify({ edges: { latency: [100] }, intervals }));
    expect(judge('in.json', ...KNOWN).out).toContain('no interval has both tracks yet');
    writeFileSync(here.path('in.json'), JSON.stringify({ intervals }));
    expect(judge('in.json', ...KNOWN)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no edges for the histogram latency'),
    });
  });

  test('a picture', () => {
    expect(judge(WORSE, ...KNOWN, '--picture', 'way.svg').code).toBe(1);
    const svg = readFileSync(here.path('way.svg'), 'utf8');
    expect(svg).toMatch(/^<svg [^>]*>\n<title>/);
    expect(svg).toContain('interval 47');
    expect(svg).not.toContain('NaN');
    expect(judge(WORSE, ...KNOWN, '--picture', 'no/way.svg')).toMatchObject({
      code: 5,
      err: expect.stringContaining('the picture could not be written'),
    });
  });

  test('counters, with one set back, and several instances', () => {
    let text = 'start,track,instance,requests,errors\n';
    for (let i = 0; i <= 60; i += 1) {
      for (const [track, rate] of [
        ['stable', 3],
        ['candidate', 9],
      ] as const) {
        for (const instance of ['a', 'b']) {
          const since = track === 'candidate' && instance === 'b' && i > 30 ? i - 30 : i;
          text += `${1_700_000_000 + i * 60},${track},${instance},${since * 300},${since * rate}\n`;
        }
      }
    }
    const { code, out } = judged(text, '--counters');
    expect(code).toBe(1);
    expect(out).toContain("3 % of 36000 against stable's 1 % of 36000");
    expect(out).toContain("A/A test: stable's own instances, E ");
  });

  test("Kayenta's rule beside it", () => {
    const { code, out, err } = judge(EQUAL, '--method', 'kayenta');
    expect(code).toBe(0);
    expect(out).toMatch(/^promote: /);
    expect(err).toContain('bounds no false alarms over a release');
    expect(judge(WORSE, '--method', 'kayenta').code).not.toBe(0);
    expect(judge(EQUAL, '--method', 'kayenta', '--alpha', '0.1')).toMatchObject({
      code: 2,
      err: expect.stringContaining("--alpha means nothing to Kayenta's rule"),
    });
  });

  test('a metric that was absent for a row begins anew; misses are called so', () => {
    let text = 'interval,track,requests,done\n';
    for (let i = 0; i <= 60; i += 1) {
      for (const track of ['stable', 'candidate']) {
        const good = track === 'stable' ? 990 : 900;
        const gap = track === 'stable' && i === 30 ? '' : String(i * good);
        text += `${i},${track},${i * 1_000},${gap}\n`;
      }
    }
    const { code, out } = judged(text, '--counters', '--lower-is-worse', 'done');
    expect(code).toBe(1);
    expect(out).toContain("90 % of 58000 against stable's 99 % of 58000");
    expect(out).toMatch(/done: ratio of misses between \d/);
  });

  test("a plan's metrics and settings", () => {
    writeFileSync(here.path('in.csv'), rows(5, [6, 6]));
    const other = judge('in.csv', '--plan', 'plans/smoke.yaml', '--split', '50');
    expect(other.out).toContain('latency is required and was never measured on both tracks');
    expect(judge(WORSE, '--plan', 'plans/none.yaml').code).toBe(2);
  });
});

describe('what cannot be judged', () => {
  const WRONG: readonly (readonly [string, string, RegExp])[] = [
    ['an empty file', '', /holds no interval/],
    ['a heading alone', HEADING, /holds no interval/],
    ['wrong columns', 'a,b,c\n1,2,3\n', /no column start, track, requests among "a", "b", "c"/],
    ['no metric', 'interval,track,requests\n1,stable,3\n', /no metric among the columns/],
    ['a column twice', 'interval,track,requests,errors,errors\n', /"errors" stands there twice/],
    ['NaN', `${HEADING}0,stable,600,NaN\n`, /line 2, errors: expected a count from 0 .*"NaN"/],
    ['a negative delta', `${HEADING}0,stable,600,-1\n`, /line 2, errors: expected a count .*"-1"/],
    ['a fraction', `${HEADING}0,stable,600,1.5\n`, /line 2, errors: expected a count .*"1\.5"/],
    ['more errors than requests', `${HEADING}0,stable,6,7\n`, /line 2, errors: expected a count/],
    ['no number', `${HEADING}0,stable,many,7\n`, /line 2, requests: expected a count, 0 or more/],
    ['another track', `${HEADING}0,green,6,1\n`, /line 2, track: expected stable or candidate/],
    ['no time', `${HEADING}soon,stable,6,1\n`, /line 2, interval: expected a whole number/],
    ['twice', `${HEADING}0,stable,6,1\n0,stable,6,1\n`, /line 3: stable was counted .* in line 2/],
    ['a short row', `${HEADING}0,stable\n`, /in\.csv: .*Invalid Record Length/],
    [
      'buckets that fall',
      'interval,track,requests,rtt_le_1,rtt_le_2\n0,stable,9,5,4\n',
      /line 2, rtt_le_2: expected a count/,
    ],
    [
      'between two intervals',
      'start,track,requests,errors\n0,stable,9,1\n10,stable,9,1\n14,candidate,9,1\n',
      /line 4: this row of candidate begins 4 s off the grid of 10 s/,
    ],
  ];
  test.each(WRONG)('%s', (_, text, message) => {
    const { code, out, err } = judged(text);
    expect(err).toMatch(/error: /);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  test('one track only: nothing can be told', () => {
    const { code, out } = judged(`${HEADING}0,stable,600,6\n1,stable,600,6\n`);
    expect(code).toBe(5);
    expect(out).toMatch(/^inconclusive: no interval has both tracks yet/);
  });

  test('ten million rows are refused before they fill the memory', async () => {
    const file = createWriteStream(here.path('huge.csv'));
    file.write(HEADING);
    const part = Array.from({ length: 10_000 }, (_, i) => `${i},stable,6,1\n`).join('');
    for (let i = 0; i < 31; i += 1) file.write(part);
    file.end();
    await finished(file);
    expect(judge('huge.csv', ...KNOWN)).toMatchObject({
      code: 2,
      err: expect.stringContaining('has more than 300000 rows'),
    });
  }, 90_000);

  test('a record without an end, and buckets of other edges than the plan has', () => {
    writeFileSync(here.path('long.csv'), `${HEADING}0,stable,6,"${'x'.repeat(200_000)}`);
    const started = performance.now();
    expect(judge('long.csv', ...KNOWN)).toMatchObject({ code: 2, out: '' });
    expect(performance.now() - started).toBeLessThan(10_000);
    writeFileSync(here.path('in.csv'), 'interval,track,requests,latency_le_7\n0,stable,9,5\n');
    expect(judge('in.csv', '--plan', 'plans/smoke.yaml')).toMatchObject({
      code: 2,
      err: expect.stringContaining("latency in the file is not of the plan's edges"),
    });
  });

  test('mistakes in the call', () => {
    for (const [words, message] of [
      [['none.csv'], 'none.csv does not exist'],
      [[EQUAL, '--split', '100'], 'expected --split'],
      [[EQUAL, '--dispersion', 'some'], 'expected --dispersion'],
      [[EQUAL, '--alpha', '2'], 'expected --alpha'],
      [[EQUAL, '--interval', 'soon'], 'expected --interval'],
      [
        [EQUAL, '--lower-is-worse', 'fill'],
        'the file holds no metric fill; it holds errors, latency',
      ],
    ] as const) {
      const { code, err } = judge(...words);
      expect([code, err], message).toEqual([2, expect.stringContaining(message)]);
    }
  });
});
