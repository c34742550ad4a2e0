import { rmSync } from 'node:fs';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AdminRoute } from '../process/admin-server.ts';
import { parse } from '../protocol/parse.ts';
import { Absorb, Drain, Fence, Replace, Tracks, WeightOrder } from '../protocol/splitter.ts';
import { replaceSplitter } from './replace.ts';
import type { Splitter } from './splitter.ts';

const LIMIT_MAX = 10_000;

/** What can be said to a splitter: protocol/splitter.ts. */
export function adminRoutes(splitter: Splitter): Readonly<Record<string, AdminRoute>> {
  const { plane } = splitter;
  const ordered = async (done: () => Result<void>): Promise<Result<unknown>> => {
    let result: Result<void>;
    try {
      result = done();
    } catch (error) {
      result = fail(problem('unavailable', `the order was not written: ${String(error)}`));
    }
    plane.refresh();
    return result.ok ? ok(splitter.state) : result;
  };
  return {
    'GET /state': async () => ok(splitter.state),
    'PUT /order': async (body) => {
      const order = parse(WeightOrder, body, 'order');
      return order.ok ? await ordered(() => plane.orders.accept(order.value)) : order;
    },
    'POST /renew': async (body) => {
      const fence = parse(Fence, body, 'fence');
      return fence.ok ? await ordered(() => plane.orders.renew(fence.value)) : fence;
    },
    'PUT /tracks': async (body) => {
      const tracks = parse(Tracks, body, 'tracks');
      if (!tracks.ok) return tracks;
      return await ordered(() => {
        splitter.place(tracks.value);
        return ok(undefined);
      });
    },
    'POST /drain': async (body) => {
      const drain = parse(Drain, body, 'drain');
      if (!drain.ok) return drain;
      const upstream = plane.upstream(drain.value.track);
      await upstream?.idle(plane.traffic.limits.drainMs);
      return ok({ open: upstream?.open ?? 0 });
    },
    'GET /intervals': async (_, query) => {
      const after = Number(query.get('after') ?? '0');
      const limit = Number(query.get('limit') ?? '1000');
      if (!Number.isSafeInteger(after) || !Number.isSafeInteger(limit) || limit < 1) {
        return fail(problem('usage', 'after and limit are whole numbers'));
      }
      return ok(splitter.store.read(after, Math.min(limit, LIMIT_MAX)));
    },
    'POST /absorb': async (body) => {
      const counts = parse(Absorb, body, 'counts');
      if (!counts.ok) return counts;
      splitter.absorb(counts.value);
      return ok(null);
    },
    'POST /replace': async (body) => {
      const replace = parse(Replace, body, 'replace');
      return replace.ok ? await replaceSplitter(splitter, replace.value.program) : replace;
    },
    'POST /stop': async () => {
      splitter.markStopped();
      setImmediate(() => {
        rmSync(splitter.options.socketPath, { force: true });
        process.exit(0);
      });
      return ok(null);
    },
  };
}
