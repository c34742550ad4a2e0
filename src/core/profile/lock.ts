import { sha256 } from '../../base/digest.ts';
import { formatInstant } from '../../base/instant.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { diffNormalized, formatChange, type KeyChange } from './diff.ts';
import type { ParsedProfile } from './profile.ts';

/** What `<profile>.lock.json` holds; docs/formats/profile-lock.md is the norm. */
export interface ProfileLock {
  schema_v: 1;
  /** The profile file's name without its ending. */
  profile_name: string;
  /** Relative to the lock's own folder, so that the lock doesn't depend on where it was made. */
  profile_path: string;
  sha256_normalized_yaml: string;
  /** ISO 8601 in UTC. */
  generated_at: string;
  /** The version of Aurora that wrote it. */
  generator_ver: string;
  /** The text that was hashed; null in locks of other programs, which then can't name changed keys. */
  normalized_yaml: string | null;
}

export interface LockFacts {
  name: string;
  path: string;
  nowMs: number;
  version: string;
}

export function makeLock(parsed: ParsedProfile, facts: LockFacts): ProfileLock {
  return {
    schema_v: 1,
    profile_name: facts.name,
    profile_path: facts.path,
    sha256_normalized_yaml: parsed.sha256,
    generated_at: formatInstant(facts.nowMs),
    generator_ver: facts.version,
    normalized_yaml: parsed.normalized,
  };
}

export function formatLock(lock: ProfileLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

const TEXT_FIELDS = [
  'profile_name',
  'profile_path',
  'sha256_normalized_yaml',
  'generated_at',
  'generator_ver',
] as const;

/** `lock-mismatch` for anything that isn't a sound lock: what can't be read can't vouch. */
export function parseLock(file: string, text: string): Result<ProfileLock> {
  const bad = (fault: string): Result<ProfileLock> => {
    const hint = 'take it back from version control, or lock the profile again';
    return fail(problem('lock-mismatch', `${file} is not a profile lock: ${fault}`, hint));
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad('it is not a JSON object');
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.get('schema_v') !== 1) return bad('expected schema_v 1');
  for (const name of TEXT_FIELDS) {
    if (typeof fields.get(name) !== 'string') return bad(`expected a text as ${name}`);
  }
  const known: readonly string[] = ['schema_v', ...TEXT_FIELDS, 'normalized_yaml'];
  const odd = [...fields.keys()].find((name) => !known.includes(name));
  if (odd !== undefined) return bad(`unknown field ${JSON.stringify(odd)}`);
  const field = (name: (typeof TEXT_FIELDS)[number]): string => String(fields.get(name));
  const hash = field('sha256_normalized_yaml');
  if (!/^[0-9a-f]{64}$/.test(hash)) return bad('sha256_normalized_yaml is no SHA-256 in hex');
  const normalized = fields.get('normalized_yaml') ?? null;
  if (normalized !== null && typeof normalized !== 'string') {
    return bad('expected a text as normalized_yaml');
  }
  if (normalized !== null && sha256(normalized) !== hash) {
    return bad('its normalized_yaml does not have its sha256_normalized_yaml: it was edited');
  }
  return ok({
    schema_v: 1,
    profile_name: field('profile_name'),
    profile_path: field('profile_path'),
    sha256_normalized_yaml: hash,
    generated_at: field('generated_at'),
    generator_ver: field('generator_ver'),
    normalized_yaml: normalized,
  });
}

/** Names as a running promotion and a command report them; empty: the lock can't tell which. */
export interface LockMismatch {
  lockedSha256: string;
  sha256: string;
  changes: readonly KeyChange[];
}

/** null when the profile is the one that was locked. */
export function compareWithLock(parsed: ParsedProfile, lock: ProfileLock): LockMismatch | null {
  if (parsed.sha256 === lock.sha256_normalized_yaml) return null;
  const before = lock.normalized_yaml;
  const changes = before === null ? [] : (diffNormalized(before, parsed.normalized) ?? []);
  return { lockedSha256: lock.sha256_normalized_yaml, sha256: parsed.sha256, changes };
}

/** `acceptance.min_decisions: 1 -> 2; ...`, or the two digests where the keys aren't known. */
export function describeMismatch(mismatch: LockMismatch): string {
  if (mismatch.changes.length > 0) return mismatch.changes.map(formatChange).join('; ');
  const [locked, found] = [mismatch.lockedSha256, mismatch.sha256].map((hash) => hash.slice(0, 12));
  return `locked ${locked}..., found ${found}...; the lock does not hold the keys`;
}
