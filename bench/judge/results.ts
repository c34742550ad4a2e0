import type { VerdictKind } from '../../src/core/judge/verdict.ts';
import type { Cell, Group } from './cell.ts';
import { type JudgeOutcome, type Mode, STEP_ENDS } from './judge-run.ts';
import { alarmAt, type Levels, PEERS, type PeerName, tunedKnob } from './peers.ts';
import type { Release } from './release.ts';
import { excessErrors } from './scenario.ts';
import { type Delay, delayOf, type Share, share } from './scoring.ts';

/** What one rule did with a cell. */
export interface RuleResult {
  /** From the onset; those rolled back before it are told apart and count as found by nobody. */
  rollback: Delay;
  early: number;
  /** Errors that users saw beyond stable's share until half of the releases were rolled back. */
  excessAtMedian: number | null;
}

export interface JudgeResult extends RuleResult {
  promote: Delay;
  /** An e-value for promotion at any minute, were there no rollback. */
  shown: Share;
  /** Promoted at any minute before a rollback. */
  everPromoted: Share;
  /** Promoted at each step's end. */
  atEnds: readonly Share[];
  split: Delay;
  phiMedian: number | null;
}

export interface PeerResult extends RuleResult {
  knob: number;
}

export interface CellResult {
  cell: Cell;
  judges: Partial<Record<Mode, JudgeResult>>;
  peers: Partial<Record<PeerName, { documented: PeerResult; tuned: PeerResult }>>;
}

/** Healthy releases of which at most so many may alarm where a peer is tuned. */
const TUNED_PART = 0.01;

interface Raw {
  cell: Cell;
  releases: readonly Release[];
}

export function resultsOf(raw: readonly Raw[]): CellResult[] {
  const knobs = { errors: tunedOn(raw, 'equal'), latency: tunedOn(raw, 'latency') };
  return raw.map(({ cell, releases }) => ({
    cell,
    judges: Object.fromEntries(cell.modes.map((mode) => [mode, judgeResult(cell, mode, releases)])),
    peers: peerResults(cell, releases, knobs[cell.scenario.metric]),
  }));
}

type Knobs = ReadonlyMap<PeerName, { knob: number; on: Cell }>;

/** The first half of the healthy releases tunes; the others tell what came of it. */
function tunedOn(raw: readonly Raw[], group: Group): Knobs {
  const found = raw.find(({ cell }) => cell.group === group && cell.isHealthy);
  const knobs = new Map<PeerName, { knob: number; on: Cell }>();
  if (found === undefined) return knobs;
  const half = found.releases.slice(0, Math.floor(found.cell.peerReleases / 2));
  for (const name of namesIn(half)) {
    const levels = half.map(({ peers }): Levels => peers[name] ?? []);
    knobs.set(name, { knob: tunedKnob(name, levels, TUNED_PART), on: found.cell });
  }
  return knobs;
}

function namesIn(releases: readonly Release[]): PeerName[] {
  const names = Object.keys(PEERS) as PeerName[];
  return names.filter((name) => releases.some(({ peers }) => peers[name] !== undefined));
}

function judgeResult(cell: Cell, mode: Mode, releases: readonly Release[]): JudgeResult {
  const own = releases.flatMap(({ judges }) => judges[mode] ?? []);
  const phis = own.flatMap(({ phi }) => phi ?? []).sort((a, b) => a - b);
  const promotedFirst = own.map(({ promoteAt }) => promoteAt);
  const promotedAt = (at: number): Share =>
    share(own.filter(({ atEnds }) => verdictAt(atEnds, at) === 'promote').length, own.length);
  return {
    ...ruleResult(
      cell,
      own.map(({ rollbackAt }) => rollbackAt),
    ),
    promote: delayOf(promotedFirst, cell.minutes),
    shown: shareOf(own, ({ shownAt }) => shownAt !== null),
    everPromoted: shareOf(own, ({ promoteAt }) => promoteAt !== null),
    atEnds: STEP_ENDS.filter((end) => end <= cell.minutes).map((_, index) => promotedAt(index)),
    split: delayOf(
      own.map(({ splitAt }) => splitAt),
      cell.minutes,
    ),
    phiMedian: phis[Math.floor(phis.length / 2)] ?? null,
  };
}

/** A release that ended before the step's end was rolled back. */
function verdictAt(atEnds: readonly VerdictKind[], index: number): VerdictKind {
  return atEnds[index] ?? 'rollback';
}

function shareOf(list: readonly JudgeOutcome[], is: (one: JudgeOutcome) => boolean): Share {
  return share(list.filter(is).length, list.length);
}

function ruleResult(cell: Cell, minutes: readonly (number | null)[]): RuleResult {
  const { onset } = cell;
  const early = minutes.filter((at) => at !== null && at <= onset).length;
  const rollback = delayOf(
    minutes.map((at) => (at === null || at <= onset ? null : at - onset)),
    cell.minutes - onset,
  );
  const { median } = rollback;
  const until = onset + median;
  const excess = Number.isFinite(until) ? excessErrors(cell.scenario, until) : null;
  return { rollback, early, excessAtMedian: excess };
}

function peerResults(cell: Cell, releases: readonly Release[], knobs: Knobs): CellResult['peers'] {
  const beside = releases.slice(0, cell.peerReleases);
  return Object.fromEntries(
    namesIn(beside).map((name) => {
      const documented = peerResult(cell, name, beside, PEERS[name].documented);
      const tuned = knobs.get(name);
      const fresh = tuned?.on === cell ? beside.slice(Math.floor(beside.length / 2)) : beside;
      const own = peerResult(cell, name, fresh, tuned?.knob ?? PEERS[name].documented);
      return [name, { documented, tuned: own }];
    }),
  );
}

function peerResult(
  cell: Cell,
  name: PeerName,
  releases: readonly Release[],
  knob: number,
): PeerResult {
  const minutes = releases.map(({ peers }) => alarmAt(name, peers[name] ?? [], knob));
  return { ...ruleResult(cell, minutes), knob };
}
