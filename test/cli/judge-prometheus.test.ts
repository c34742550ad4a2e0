/** The judge over what a real Prometheus holds of two tracks. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PrometheusRig } from '../rig/prometheus.ts';
import { MetricsPages } from '../sources/prometheus-page.ts';
import { type Bench, bench, type Outcome } from './program.ts';

const SCRAPES = 14;
const PLAN = 'plan.yaml';

let here: Bench;
let pages: MetricsPages;
let prometheus: PrometheusRig;

beforeAll(async () => {
  here = bench();
  const counts = (bad: number) => (scrape: number) => ({
    jobs_total: 500 * scrape,
    jobs_failed_total: bad * scrape,
  });
  pages = await MetricsPages.start({ '/stable': counts(5), '/candidate': counts(50) });
  const { address } = pages;
  prometheus = await PrometheusRig.start(
    ['stable', 'candidate'].map((track) => {
      return { job: track, address, path: `/${track}`, labels: { track } };
    }),
  );
  const deadline = performance.now() + 60_000;
  while (pages.scrapes('/candidate').length < SCRAPES) {
    if (performance.now() > deadline) throw new Error('Prometheus scraped too seldom');
    await sleep(100);
  }
}, 90_000);
afterAll(async () => {
  await Promise.all([prometheus?.stop(), pages?.stop()]);
  here?.remove();
});

function judge(url: string, ...words: string[]): Outcome {
  writeFileSync(
    here.path(PLAN),
    [
      'apiVersion: aurora/v1',
      'kind: Plan',
      'name: jobs',
      'service: jobs',
      'interval: 2s',
      'decision: none',
      `prometheus: {url: "${url}", deadline: 2s}`,
      'release: {version: 1.0.0, candidate: 1.0.0-rc.1, artifacts: []}',
      'metrics:',
      '  jobs:',
      '    kind: rate',
      '    from:',
      '      source: prometheus',
      `      events: 'jobs_failed_total{track="$track"}'`,
      `      total: 'jobs_total{track="$track"}'`,
      'judge: {dispersion: assumed 1}',
      'phases:',
      '  - {kind: canary, name: canary, traffic: live, weight: 50, duration: 1h}',
      '  - {kind: rollout, name: rollout, traffic: live, steps: [100% for 1m]}',
    ].join('\n'),
  );
  return here.run('judge', '--plan', PLAN, '--split', '50', ...words);
}

test('a range of the past is judged like intervals of a file', () => {
  const { code, out, err } = judge(prometheus.url, '--from', '1m');
  expect(err).toContain('intervals of 2s; requests are counted at the tracks');
  expect(out).toMatch(
    /^rollback: the candidate is worse than stable: jobs 10 % of \d+ against stable's 1 %/,
  );
  expect(code).toBe(1);
});

test('another address, none that answers, and times that make no range', () => {
  const elsewhere = judge('http://127.0.0.1:9', '--from', '1m');
  expect(elsewhere).toMatchObject({ code: 5, out: '', err: expect.stringMatching(/^error: /) });
  const given = judge('http://127.0.0.1:9', '--from', '1m', '--prometheus', prometheus.url);
  expect(given.code).toBe(1);
  for (const [words, message] of [
    [['--from', '1m', '--to', '2m'], 'expected --from before --to'],
    [['--from', 'soon'], 'expected --from before --to'],
    [[], 'expected a file, or --plan and --from'],
  ] as const) {
    expect(judge(prometheus.url, ...words), message).toMatchObject({
      code: 2,
      err: expect.stringContaining(message),
    });
  }
});
