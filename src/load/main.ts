/**
 * A load generator: reads one LoadTarget from standard input and sends requests at that rate, evenly
 * spaced, until its input ends. So it never outlives the process that wanted it. What comes of the
 * requests is measured where they are split, not here.
 */
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { LoadTarget } from '../protocol/load.ts';
import { parse } from '../protocol/parse.ts';
import { Pace } from './pace.ts';

const TICK_MS = 4;
const CONNECTIONS = 64;
/** A service that answers nothing is not buried under what waits for it. */
const OPEN_MAX = 1_000;
const ANSWER_MS = 30_000;

const input = createInterface({ input: process.stdin });
input.once('close', () => process.exit(0));
input.once('line', (line) => {
  const target = parse(LoadTarget, JSON.parse(line), 'the load');
  if (!target.ok) {
    process.stderr.write(`error: ${target.problem.message}\n`);
    process.exit(2);
  }
  generate(target.value);
});

function generate({ ratePerSecond, path, origin, socketPath }: LoadTarget): void {
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    ...(socketPath === null ? {} : { socketPath }),
  });
  const pace = new Pace(ratePerSecond, performance.now());
  let open = 0;
  const send = async (): Promise<void> => {
    open += 1;
    try {
      const answer = await pool.request({ method: 'GET', path, headers: HEADERS });
      await answer.body.dump();
    } catch {
      // The splitter counts what failed, and whose doing it was.
    } finally {
      open -= 1;
    }
  };
  setInterval(() => {
    for (let due = pace.take(performance.now()); due > 0; due -= 1) {
      if (open < OPEN_MAX) void send();
    }
  }, TICK_MS);
}

const HEADERS = { 'user-agent': 'aurora-load' };
