import { join } from 'node:path';
import Type from 'typebox';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { MeasuredPlan } from '../../engine/ports.ts';
import { callAdmin } from '../../process/admin-client.ts';
import { socketPath } from '../../process/socket-path.ts';
import { parse } from '../../protocol/parse.ts';
import { SplitterInterval, SplitterState } from '../../protocol/splitter.ts';
import { numberOf, type PooledInterval, pool, seqBefore } from './pool.ts';
import { readServiceFile } from './service-file.ts';

const DEADLINE_MS = 5_000;
const PAGE_ROWS = 1_000;
const Rows = Type.Array(SplitterInterval);

/** The splitter's word on what it counts and where the tracks are. */
export async function splitterState(
  servicesFolder: string,
  service: string,
): Promise<Result<SplitterState>> {
  const answer = await ask(servicesFolder, service, '/state');
  return answer.ok ? parse(SplitterState, answer.value, `the splitter of ${service}`) : answer;
}

/** How many of the splitter's intervals are one of the plan's. `refused`: not a whole number. */
export function poolSize(
  servicesFolder: string,
  plan: Pick<MeasuredPlan, 'service' | 'intervalMs'>,
): Result<number> {
  const definition = readServiceFile(servicesFolder, plan.service);
  if (!definition.ok) return definition;
  const { intervalMs } = definition.value.traffic;
  const size = plan.intervalMs / intervalMs;
  if (Number.isInteger(size) && size >= 1) return ok(size);
  const message = `the plan's interval of ${plan.intervalMs} ms is no multiple of the ${intervalMs} ms that ${plan.service} counts in`;
  const hint = `give the plan an interval of ${intervalMs} ms, or of a multiple of it`;
  return fail(problem('refused', message, hint));
}

/**
 * The number of the plan interval in which the newest row lies; -1: there is no row. A plan that
 * begins after it holds nothing that was counted before.
 */
export async function newestNumber(
  servicesFolder: string,
  service: string,
  size: number,
): Promise<Result<number>> {
  const state = await splitterState(servicesFolder, service);
  if (!state.ok) return state;
  const { lastSeq } = state.value;
  return ok(lastSeq === 0 ? -1 : numberOf(lastSeq, size));
}

/** Complete plan intervals after a number, rising, at most `limit`. */
export async function pooledIntervals(
  servicesFolder: string,
  service: string,
  size: number,
  span: { afterNumber: number; limit: number },
): Promise<Result<readonly PooledInterval[]>> {
  const rows: SplitterInterval[] = [];
  for (;;) {
    const after = rows.at(-1)?.seq ?? seqBefore(span.afterNumber + 1, size);
    const path = `/intervals?after=${after}&limit=${PAGE_ROWS}`;
    const answer = await ask(servicesFolder, service, path);
    if (!answer.ok) return answer;
    const page = parse(Rows, answer.value, `the splitter of ${service}`);
    if (!page.ok) return page;
    if (!isRising(page.value, after)) {
      return fail(problem('integrity', `the intervals of ${service} are not in order`));
    }
    rows.push(...page.value);
    const pooled = pool(rows, size);
    if (pooled.length >= span.limit || page.value.length < PAGE_ROWS) {
      return ok(pooled.slice(0, span.limit));
    }
  }
}

/** Out of order, an interval would be counted twice, or a page asked for without end. */
function isRising(rows: readonly SplitterInterval[], after: number): boolean {
  return rows.every(({ seq }, i) => seq > (rows[i - 1]?.seq ?? after));
}

async function ask(
  servicesFolder: string,
  service: string,
  path: string,
): Promise<Result<unknown>> {
  const socket = socketPath(join(servicesFolder, service), 'splitter');
  if (!socket.ok) return socket;
  return await callAdmin(socket.value, { method: 'GET', path, deadlineMs: DEADLINE_MS });
}
