/** What is said about promotions from the command line, on a controller with a hundred of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FleetProcess, startFleet } from '../server/fleet-process.ts';
import { type Bench, BIN, bench, type Outcome } from './program.ts';

const ACTIVE = 100;
const STATUS_MAX_MS = 3_000;
const PLAN = join(import.meta.dirname, '../e2e/quick-plan.yaml');

let here: Bench;
let fleet: FleetProcess;
beforeAll(async () => {
  here = bench();
  fleet = await startFleet(ACTIVE);
});
afterAll(async () => {
  await fleet?.stop();
  here?.remove();
});

const run = (...words: string[]): Outcome => here.runWith({ AURORA_STATE: fleet.state }, ...words);
const idOf = (service: string): string => JSON.parse(run('status', service, '-o', 'json').out).id;

describe('status', () => {
  test('by service, by id, by the beginning of an id; under way: 5', () => {
    const id = idOf('service-7');
    expect(id).toMatch(/^service-7-1\.0\.0-\d+$/);
    for (const word of ['service-7', id, 'service-7-']) {
      const { code, out, err } = run('status', word);
      expect([code, err]).toEqual([5, '']);
      expect(out).toMatch(
        new RegExp(`^${id}: promotion of service-7 1\\.0\\.0-rc\\.1 to 1\\.0\\.0`),
      );
      expect(out).toContain('● canary: run since');
    }
  });

  test('of what has ended: its outcome, and its code', () => {
    const { code, out, err } = run('status', 'old');
    expect([code, err]).toEqual([1, '']);
    expect(out).toContain('rolled back: rollback by rm-1: a test');
  });

  test('what is not clear: 2, with what helps', () => {
    const none = run('status', 'nothing');
    expect(none).toMatchObject({ code: 2, out: '' });
    expect(none.err).toMatch(/^error: .* nothing\nhint: auroractl list; auroractl history\n$/);
    const several = run('status');
    expect(several.err).toMatch(
      /^error: 100 promotions are active: service-0-.* and others\nhint: /,
    );
    expect(run('status', 'service-1').code).toBe(5);
    expect(run('status', 'service-').err).toMatch(
      /^error: service- may be service-\S+, .* others\n/,
    );
  });

  test(`within ${STATUS_MAX_MS} ms of the call`, () => {
    const id = idOf('service-50');
    const took = Array.from({ length: 9 }, () => {
      const startMs = performance.now();
      expect(run('status', id).code).toBe(5);
      return performance.now() - startMs;
    }).toSorted((a, b) => a - b);
    const medianMs = took[4] ?? Number.NaN;
    console.log(`status with ${ACTIVE} active promotions: ${medianMs.toFixed(0)} ms (median of 9)`);
    expect(medianMs).toBeLessThan(STATUS_MAX_MS);
  });
});

/** Runs until its first line, which names the promotion; then acts, and waits for its end. */
async function watch(
  words: readonly string[],
  act: (id: string, interrupt: () => void) => void,
): Promise<Outcome> {
  const env = { PATH: process.env.PATH ?? '', AURORA_STATE: fleet.state };
  const child = spawn(process.execPath, [BIN, ...words], { env, cwd: here.folder });
  let [out, err] = ['', ''];
  child.stderr.on('data', (part: Buffer) => {
    err += part;
  });
  child.stdout.on('data', (part: Buffer) => {
    out += part;
  });
  const ended = once(child, 'close');
  try {
    await once(child.stdout, 'data');
    act(/^([^:]+):/.exec(out)?.[1] ?? '', () => child.kill('SIGINT'));
    const [code] = await ended;
    return { code, out, err };
  } finally {
    child.kill('SIGKILL');
  }
}

describe('-w', () => {
  test.each<[string, string[]]>([
    ['status', ['status', 'service-3', '-w']],
    ['promote', ['promote', PLAN, '-w']],
  ])('%s: Ctrl-C leaves the promotion alone and says how to come back: 130', async (_, words) => {
    let named = '';
    const { code, err } = await watch(words, (id, interrupt) => {
      named = id;
      interrupt();
    });
    expect(code).toBe(130);
    expect(err).toContain(`${named} goes on; back to it: auroractl status ${named} -w\n`);
    expect(run('status', named).code).toBe(5);
  });

  test('follows to the end, also where it comes between two looks', async () => {
    const { code, out } = await watch(['status', 'service-4', '-w'], (id) => {
      expect(run('rollback', id, '--reason', 'enough', '--by', 'sre').code).toBe(0);
    });
    expect(code).toBe(1);
    expect(out).toMatch(/: rolled back: rollback by sre: enough\n$/);
  });
});
