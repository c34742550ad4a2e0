import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger, verifyLedgerOf } from '../../src/app.ts';
import type { Evidence } from './kill-run.ts';
import { stepsOf } from './ledger-watch.ts';
import { startFaults, startsIn } from './starts.ts';
import { pidsOf, savedKeeper } from './victims.ts';

const ROLES = ['controller', 'keeper', 'splitter', 'track'] as const;
const SETTLED_MS = 30_000;
/** A request that was due so long before a kill may still have been on its way. */
const BEFORE_MS = 2_000;
/** One more look, after it is back. */
const AFTER_MS = 500;
/** Causes that a candidate's death explains. */
const CANDIDATE_CAUSES = /^(?:candidate-down|many-errors|gate health|the judge: )/;

/** Everything that is not as it must be after a run, whatever was killed. */
export async function findFaults(evidence: Evidence): Promise<string[]> {
  return [
    ...outcomeFaults(evidence),
    ...(await processFaults(evidence)),
    ...(await ledgerFaults(evidence)),
    ...evidence.serviceLog.orderFaults(),
    ...startFaults(
      startsIn(evidence.startsPath),
      evidence.killed.map(({ pid }) => pid),
    ),
    ...notificationFaults(evidence),
    ...requestFaults(evidence),
    ...evidence.helped.map((text) => `it would not have gone on by itself: ${text}`),
  ];
}

/** As without a kill; or back at stable, where the candidate itself was killed. */
function outcomeFaults({ ended, killed }: Evidence): string[] {
  const { outcome } = ended;
  if (outcome?.kind === 'promoted') return outcome.ga ? ['GA without a decision'] : [];
  const cause = outcome?.cause ?? 'no cause';
  const isExplained =
    outcome?.kind === 'rolled-back' &&
    killed.some(({ victim }) => victim === 'candidate') &&
    CANDIDATE_CAUSES.test(cause);
  return isExplained ? [] : [`it ended ${outcome?.kind ?? 'without an outcome'}: ${cause}`];
}

/** One of each, stable of the right version, no candidate, and all traffic there. */
async function processFaults({ rig, ended }: Evidence): Promise<string[]> {
  const faults = await countFaults(rig);
  const { instances, splitter } = await rig.keeperState();
  const found = instances.map(({ track, version, process }) => {
    return `${track} ${version} ${process.up ? 'up' : 'down'}`;
  });
  const expected = ended.outcome?.kind === 'promoted' ? 'stable 2.0.0 up' : 'stable 1.0.0 up';
  if (found.join() !== expected) faults.push(`expected ${expected}, found ${found.join()}`);
  const track = instances[0];
  if (track?.process.pid !== pidsOf(rig, 'track')[0]) {
    faults.push(`the keeper believes in pid ${track?.process.pid} of stable`);
  }
  if (splitter.pid !== pidsOf(rig, 'splitter')[0]) {
    faults.push(`the keeper believes in pid ${splitter.pid} of the splitter`);
  }
  const left = savedKeeper(rig)?.leaving.length ?? 0;
  if (left > 0) faults.push(`${left} instances are still leaving`);
  const { weights, stable, candidate } = await rig.splitterState();
  if (weights.stable !== 100 || weights.candidate !== 0 || candidate !== null) {
    faults.push(`the splitter: ${JSON.stringify({ weights, candidate })}`);
  }
  if (stable?.instance !== track?.instance || stable?.port !== track?.port) {
    faults.push(`the splitter sends to ${stable?.instance}, stable is ${track?.instance}`);
  }
  return faults;
}

/** Of two keepers that were started at once one ends by itself, which takes it a moment. */
async function countFaults(rig: Evidence['rig']): Promise<string[]> {
  const endMs = performance.now() + SETTLED_MS;
  for (;;) {
    const faults = ROLES.flatMap((role) => {
      const count = pidsOf(rig, role).length;
      return count === 1 ? [] : [`${count} processes of the role ${role}`];
    });
    if (faults.length === 0 || performance.now() > endMs) return faults;
    await sleep(50);
  }
}

async function ledgerFaults({ rig, ended, acknowledged }: Evidence): Promise<string[]> {
  const faults: string[] = [];
  const vkey = readFileSync(join(rig.state, 'log.vkey'), 'utf8').trim();
  const verified = await verifyLedgerOf(rig.state, vkey);
  if (!verified.ok) faults.push(`the ledger: ${verified.problem.message}`);
  else if (verified.value.damageCount > 0) faults.push('the ledger does not verify');
  const ledger = await openLedger(rig.state);
  if (!ledger.ok) return [...faults, `the ledger: ${ledger.problem.message}`];
  const steps = stepsOf(ledger.value);
  const snapshot = ledger.value.snapshot(ended.id);
  ledger.value.close();
  if (!snapshot.ok || snapshot.value === null) faults.push('the promotion is not in the ledger');
  if (!steps.some(({ event }) => event.kind === 'opened')) faults.push('nothing was ever opened');
  for (const reason of acknowledged) {
    if (steps.some(({ event }) => event.kind === 'command' && event.reason === reason)) continue;
    faults.push(`the order "${reason}" was acknowledged, and is not in the ledger`);
  }
  return faults;
}

/** A message is told once, whoever died while it was told. */
function notificationFaults({ rig }: Evidence): string[] {
  const lines = readFileSync(join(rig.state, 'notifications.jsonl'), 'utf8').trim().split('\n');
  const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  return twice.map((id) => `the message ${id} was told twice`);
}

/** Requests may fail only while what should have answered them was dead. */
function requestFaults(evidence: Evidence): string[] {
  const { load, loadBeganMs, killed, serviceLog } = evidence;
  const windows = killed
    .filter(({ victim }) => victim !== 'controller' && victim !== 'keeper')
    .map(({ atMs, pid }) => ({
      fromMs: atMs - BEFORE_MS,
      toMs: serviceLog.recoveredAfter(atMs, pid) + AFTER_MS,
    }));
  const unexplained = load.failed.filter(({ atMs }) => {
    const dueMs = loadBeganMs + atMs;
    return !windows.some(({ fromMs, toMs }) => dueMs >= fromMs && dueMs <= toMs);
  });
  const faults = unexplained.slice(0, 3).map(({ atMs, error, status, version }) => {
    return `a request failed at ${Math.round(atMs)} ms: ${error}, ${status}, ${version}`;
  });
  if (unexplained.length > 3) faults.push(`and ${unexplained.length - 3} more requests`);
  return faults;
}
