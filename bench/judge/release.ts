import { HISTORY_MINUTES, type JudgeOutcome, JudgeRun, type Mode } from './judge-run.ts';
import type { LoadSeries } from './load-series.ts';
import { type Levels, PEERS, type PeerName, type PeerRun, peersOf } from './peers.ts';
import type { Scenario } from './scenario.ts';
import { traffic } from './traffic.ts';

/** One simulated release, judged by each mode, and by the peers where there are any. */
export interface Release {
  judges: Readonly<Partial<Record<Mode, JudgeOutcome>>>;
  peers: Readonly<Partial<Record<PeerName, Levels>>>;
}

export interface ReleasePlan {
  scenario: Scenario;
  modes: readonly Mode[];
  minutes: number;
  withPeers: boolean;
  /** Watched to the end, whatever the verdict: what would be promoted if nobody rolled back? */
  isFollowed: boolean;
  series: LoadSeries | null;
}

export function release(plan: ReleasePlan, seed: number): Release {
  const { scenario, modes, minutes } = plan;
  const requests = traffic(scenario, seed, plan.series);
  const judges = modes.map((mode) => ({ mode, run: new JudgeRun(mode, scenario) }));
  const learning = judges.filter(({ mode }) => mode === 'shipped');
  for (let minute = -HISTORY_MINUTES; minute < 0; minute += 1) {
    const stable = requests.before(minute);
    for (const { run } of learning) run.before(stable);
  }
  const peers = plan.withPeers ? peersOf(scenario) : [];
  const levels = new Map<PeerName, [number, number][]>(peers.map(({ name }) => [name, []]));
  for (let minute = 0; minute < minutes; minute += 1) {
    const open = judges.filter(({ run }) => plan.isFollowed || !run.rolledBack);
    if (open.length === 0 && peers.length === 0) break;
    const { stable, candidate } = requests.during(minute);
    for (const { run } of open) run.during(stable, candidate);
    for (const peer of peers) {
      note(levels.get(peer.name), peer, minute, peer.observe(minute, stable, candidate));
    }
  }
  return {
    judges: Object.fromEntries(judges.map(({ mode, run }) => [mode, run.outcome()])),
    peers: Object.fromEntries(levels),
  };
}

/** Only what is higher than ever before: that is where a stricter or laxer rule would alarm first. */
function note(
  levels: [number, number][] | undefined,
  { name }: PeerRun,
  minute: number,
  level: number,
): void {
  const highest = levels?.at(-1)?.[1] ?? 0;
  if (level > highest) levels?.push([minute + 1 + PEERS[name].lagMinutes, level]);
}
