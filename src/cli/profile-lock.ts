import { basename } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import { formatChange, type KeyChange } from '../core/profile/diff.ts';
import {
  compareWithLock,
  describeMismatch,
  formatLock,
  makeLock,
  type ProfileLock,
  parseLock,
} from '../core/profile/lock.ts';
import { olderChecksum, parseOlderLock } from '../core/profile/older-lock.ts';
import type { ParsedProfile } from '../core/profile/profile.ts';
import { readText, writeText } from './files.ts';
import { type ProfilePlace, readProfile } from './profile-files.ts';

/** What became of one profile. */
export interface LockOutcome {
  place: ProfilePlace;
  result:
    | 'valid'
    | 'locked'
    | 'migrated'
    | 'unchanged'
    | 'would lock'
    | 'differs'
    | 'not locked'
    | 'invalid';
  /** Of the profile as it is now; null where it can't be read. */
  sha256: string | null;
  lockedAt: string | null;
  changes: readonly KeyChange[];
  problem: Problem | null;
  note: string | null;
}

/** Compares a profile with its lock; writes nothing. */
export function checkProfile(place: ProfilePlace): LockOutcome {
  const parsed = readProfile(place);
  if (!parsed.ok) return outcomeOf(place, { result: 'invalid', problem: parsed.problem });
  const { sha256 } = parsed.value;
  const lock = readLock(place);
  if (lock === null) {
    const message = `${place.path} is not locked: ${place.lockPath} does not exist`;
    const hint = `auroractl lock ${place.path}${olderHint(place, parsed.value)}`;
    return outcomeOf(place, {
      result: 'not locked',
      sha256,
      problem: problem('lock-mismatch', message, hint),
    });
  }
  if (!lock.ok) return outcomeOf(place, { result: 'differs', sha256, problem: lock.problem });
  const lockedAt = lock.value.generated_at;
  if (lock.value.profile_name !== place.name) {
    const message = `${place.lockPath} is the lock of ${lock.value.profile_name}, not ${place.name}`;
    const wrong = problem('lock-mismatch', message);
    return outcomeOf(place, { result: 'differs', sha256, lockedAt, problem: wrong });
  }
  const mismatch = compareWithLock(parsed.value, lock.value);
  if (mismatch === null) return outcomeOf(place, { result: 'valid', sha256, lockedAt });
  const message = `${place.path} differs from its lock: ${describeMismatch(mismatch)}`;
  const hint = `undo the change, or have it reviewed and lock it: auroractl lock ${place.path}`;
  return outcomeOf(place, {
    result: 'differs',
    sha256,
    lockedAt,
    changes: mismatch.changes,
    problem: problem('lock-mismatch', message, hint),
  });
}

/** Locks a profile as it is; a lock that already fits is left alone, its date included. */
export function lockProfile(
  place: ProfilePlace,
  facts: { nowMs: number; version: string; dryRun: boolean },
): LockOutcome {
  const parsed = readProfile(place);
  if (!parsed.ok) return outcomeOf(place, { result: 'invalid', problem: parsed.problem });
  const { sha256 } = parsed.value;
  const before = readLock(place);
  const known = before?.ok === true ? before.value : null;
  const fits = known?.profile_name === place.name && known.normalized_yaml !== null;
  const mismatch = known === null ? null : compareWithLock(parsed.value, known);
  if (known !== null && fits && mismatch === null) {
    return outcomeOf(place, { result: 'unchanged', sha256, lockedAt: known.generated_at });
  }
  const older = before === null ? olderState(place, parsed.value) : 'none';
  if (older === 'differs') {
    const message = `${place.path} is not what ${place.olderLockPath} locked`;
    const hint = `undo the change; or, if it is meant, remove the older lock: rm ${place.olderLockPath}`;
    const refused = problem('lock-mismatch', message, hint);
    return outcomeOf(place, { result: 'differs', sha256, problem: refused });
  }
  const changes = mismatch?.changes ?? [];
  const broken = before?.ok === false ? `replacing a lock: ${before.problem.message}` : null;
  const note =
    changes.length === 0 ? broken : `${place.path}: ${changes.map(formatChange).join('; ')}`;
  if (facts.dryRun) return outcomeOf(place, { result: 'would lock', sha256, changes, note });
  const made = makeLock(parsed.value, { ...facts, name: place.name, path: basename(place.path) });
  const written = writeText(place.lockPath, formatLock(made));
  if (!written.ok)
    return outcomeOf(place, { result: 'not locked', sha256, problem: written.problem });
  const result = older === 'fits' ? 'migrated' : 'locked';
  return outcomeOf(place, { result, sha256, changes, note, lockedAt: made.generated_at });
}

/** null where there is none; a lock that can't be read is a problem, never "none". */
function readLock(place: ProfilePlace): Result<ProfileLock> | null {
  const text = readText(place.lockPath);
  if (text.ok) return parseLock(place.lockPath, text.value);
  if (text.problem.code === 'not-found') return null;
  return { ok: false, problem: { ...text.problem, code: 'lock-mismatch' } };
}

function olderState(place: ProfilePlace, parsed: ParsedProfile): 'none' | 'fits' | 'differs' {
  const text = readText(place.olderLockPath);
  if (!text.ok) return text.problem.code === 'not-found' ? 'none' : 'differs';
  return parseOlderLock(text.value) === olderChecksum(parsed) ? 'fits' : 'differs';
}

function olderHint(place: ProfilePlace, parsed: ParsedProfile): string {
  const older = olderState(place, parsed);
  if (older === 'none') return '';
  const fits = older === 'fits' ? 'fits' : 'does not fit';
  return ` (${place.olderLockPath} is of the older format and ${fits})`;
}

function outcomeOf(
  place: ProfilePlace,
  facts: Partial<LockOutcome> & Pick<LockOutcome, 'result'>,
): LockOutcome {
  return { sha256: null, lockedAt: null, changes: [], problem: null, note: null, ...facts, place };
}
