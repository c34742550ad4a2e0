import { KeeperState } from '../../src/protocol/keeper.ts';
import { parse } from '../../src/protocol/parse.ts';
import { SplitterState } from '../../src/protocol/splitter.ts';
import type { ServiceRig } from '../rig/service-rig.ts';

const POLL_MS = 20;
/** Back for so long without a break: what looked well at once may not have noticed yet. */
const STEADY_MS = 3_000;

interface Look {
  atMs: number;
  /** Both answer, stable is up, and these are the processes behind it; null: not so. */
  serving: { stable: number; splitter: number } | null;
}

/** What splitter and keeper say of themselves again and again, during a whole run. */
export class ServiceLog {
  private readonly orders: SplitterState[] = [];
  private readonly looks: Look[] = [];
  private readonly rig: ServiceRig;
  private isStopped = false;
  private readonly running: Promise<void>;

  constructor(rig: ServiceRig) {
    this.rig = rig;
    this.running = this.watch();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  orderFaults(): string[] {
    return orderFaults(this.orders);
  }

  /** Since when after `ms` the service has been served by others than `pid`, and stayed so. */
  recoveredAfter(ms: number, pid: number): number {
    const later = this.looks.filter(({ atMs }) => atMs > ms);
    const isWell = ({ serving }: Look): boolean =>
      serving !== null && serving.stable !== pid && serving.splitter !== pid;
    const found = later.find(({ atMs }) => {
      const next = later.filter((one) => one.atMs >= atMs && one.atMs <= atMs + STEADY_MS);
      return next.every(isWell);
    });
    return found?.atMs ?? Number.POSITIVE_INFINITY;
  }

  private async watch(): Promise<void> {
    while (!this.isStopped) {
      const asked = await Promise.all([
        this.rig.call('splitter', 'GET', '/state'),
        this.rig.call('keeper', 'GET', '/state'),
      ]);
      const splitter = asked[0].ok ? parse(SplitterState, asked[0].value, 'state') : asked[0];
      const keeper = asked[1].ok ? parse(KeeperState, asked[1].value, 'state') : asked[1];
      if (splitter.ok) this.orders.push(splitter.value);
      const isThere = splitter.ok && keeper.ok;
      const serving = isThere ? servingOf(splitter.value, keeper.value) : null;
      this.looks.push({ atMs: performance.now(), serving });
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function servingOf(splitter: SplitterState, { instances }: KeeperState): Look['serving'] {
  const stable = instances.find(({ track }) => track === 'stable')?.process;
  if (stable?.up !== true || stable.pid === null || splitter.stable?.up !== true) return null;
  return { stable: stable.pid, splitter: splitter.pid };
}

type OrderSeen = Pick<SplitterState, 'fence' | 'weights' | 'fallbackApplied' | 'candidate'>;

/** An order that came after a newer one, or the same order with other weights, in what was seen. */
export function orderFaults(seen: readonly OrderSeen[]): string[] {
  const faults: string[] = [];
  /** The newest fence came with a renewal: its own order may still follow, once. */
  let isRenewed = false;
  for (const [index, state] of seen.entries()) {
    const before = seen[index - 1];
    if (before === undefined) continue;
    const [old, now] = [before.fence, state.fence];
    const isSameTerm = now.term === old.term;
    if (now.term < old.term || (isSameTerm && now.generation < old.generation)) {
      faults.push(`fence ${JSON.stringify(old)} was followed by ${JSON.stringify(now)}`);
    }
    const isSame = isSameTerm && now.generation === old.generation;
    const isFallback = state.fallbackApplied && !before.fallbackApplied;
    const isAdoption = state.weights.candidate === 0 && state.candidate === null;
    const [share, shareBefore] = [state.weights.candidate, before.weights.candidate];
    if (!isSame) isRenewed = share === shareBefore;
    if (isSame && share !== shareBefore && isRenewed) {
      isRenewed = false;
    } else if (isSame && share !== shareBefore && !isFallback && !isAdoption) {
      faults.push(`${JSON.stringify(now)}: ${shareBefore} % became ${share} %`);
    }
  }
  return faults;
}
