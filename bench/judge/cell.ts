import { HORIZON_MINUTES, type Mode } from './judge-run.ts';
import { harmFrom, type Scenario, scenario } from './scenario.ts';

export type Group =
  | 'equal'
  | 'dispersed'
  | 'worse'
  | 'late'
  | 'uneven'
  | 'flat'
  | 'latency'
  | 'promotion'
  | 'other'
  | 'fresh'
  | 'recorded';

/** One line of the benchmark: so many releases of one scenario, in each mode. */
export interface Cell {
  /** Seeds follow from it, so it is unique. */
  name: string;
  group: Group;
  scenario: Scenario;
  modes: readonly Mode[];
  releases: number;
  /** The first so many of them are judged with the guard off as well. */
  offReleases: number;
  /** In so many of them the peers run beside. */
  peerReleases: number;
  minutes: number;
  /** From which a delay is counted. */
  onset: number;
  isHealthy: boolean;
  isFollowed: boolean;
}

const BOTH: readonly Mode[] = ['off', 'shipped'];

type Change = Partial<Omit<Cell, 'scenario' | 'name' | 'group'>> & { scenario?: Partial<Scenario> };

export function cell(group: Group, name: string, change: Change = {}): Cell {
  return {
    modes: BOTH,
    releases: 400,
    offReleases: change.releases ?? 400,
    peerReleases: 0,
    minutes: HORIZON_MINUTES,
    onset: 0,
    isHealthy: false,
    isFollowed: false,
    ...change,
    name,
    group,
    scenario: scenario(change.scenario),
  };
}

/** From `onset` on, so many times the harm. */
export function worse(group: Group, name: string, ratio: number, change: Change = {}): Cell {
  const own = { harmAt: harmFrom(change.onset ?? 0, ratio), ...change.scenario };
  return cell(group, name, { ...change, scenario: own });
}
