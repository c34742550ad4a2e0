import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AuthorityDefinition, VerifiedTimestamp } from '../../core/timestamp/authority.ts';
import { isLate, type Stamp } from '../../core/timestamp/stamps-result.ts';
import { readQuery } from '../../verify/timestamp/query.ts';
import {
  type TrustedCertificates,
  verifyTimestamp,
} from '../../verify/timestamp/verify-timestamp.ts';
import type { AskOptions } from './ask-authority.ts';
import { StampFiles, type StampRecord } from './stamp-files.ts';
import { timestampDigest, trustsOf } from './timestamp-digest.ts';

export interface TimestampedFile {
  sha256: string;
  /** When the authorities were first asked; null: never, as far as its record says. */
  firstAskedMs: number | null;
  /** In the order of the authorities; where each one's token is, or would be. */
  stamps: readonly (Stamp & { path: string })[];
}

/**
 * Timestamps a file by every authority that has not yet done so, and verifies what is there. Tokens that
 * are there are never asked for again nor replaced. `ask` null: nobody is asked, all of it offline.
 * `conflict` where the tokens beside the file are of other bytes than the file's.
 */
export async function timestampFile(
  path: string,
  authorities: readonly AuthorityDefinition[],
  ask: AskOptions | null,
): Promise<Result<TimestampedFile>> {
  const files = new StampFiles(path);
  const trusts = trustsOf(authorities);
  if (!trusts.ok) return trusts;
  const sha256 = await files.sha256();
  if (!sha256.ok) return sha256;
  const record = recordOf(path, files, sha256.value, ask);
  if (!record.ok) return record;
  const firstAskedMs = record.value?.firstAskedMs ?? null;
  const stamps: Stamp[] = [];
  for (const { authority, trusted } of trusts.value) {
    const { name, operator } = authority;
    const said = savedToken(files, sha256.value, authority, trusted);
    stamps.push(
      said.ok
        ? verified(authority, said.value, firstAskedMs)
        : { kind: 'missing', authority: name, operator, problem: said.problem },
    );
  }
  if (ask !== null) {
    const fetched = await fetchMissing(files, stamps, authorities, sha256.value, ask, firstAskedMs);
    if (!fetched.ok) return fetched;
  }
  const placed = stamps.map((stamp) => ({ ...stamp, path: files.tokenPath(stamp.authority) }));
  return ok({ sha256: sha256.value, firstAskedMs, stamps: placed });
}

/** What was asked for before; else, where authorities will be asked, a record made before they are. */
function recordOf(
  path: string,
  files: StampFiles,
  sha256: string,
  ask: AskOptions | null,
): Result<StampRecord | null> {
  const record = files.record();
  if (!record.ok) return record;
  if (record.value !== null && record.value.sha256 !== sha256) {
    const hint = `keep what was stamped under another name, or move ${path}.* away`;
    return fail(problem('conflict', `${path} is not what was stamped: its bytes differ`, hint));
  }
  if (record.value !== null || ask === null) return record;
  const made = { sha256, firstAskedMs: ask.clock.now() };
  const written = files.writeRecord(made);
  return written.ok ? ok(made) : written;
}

/** A token beside the file, checked without a clock; `not-found` where there is none. */
function savedToken(
  files: StampFiles,
  sha256: string,
  authority: AuthorityDefinition,
  trusted: TrustedCertificates,
): Result<VerifiedTimestamp> {
  const token = files.token(authority.name);
  if (!token.ok) return token;
  const path = files.tokenPath(authority.name);
  if (token.value === null) return fail(problem('not-found', `${path} does not exist`));
  const { query, response } = token.value;
  const asked = query === null ? null : readQuery(query);
  if (asked !== null && !asked.ok) return asked;
  const said = verifyTimestamp(response, {
    hash: 'sha256',
    digestHex: sha256,
    nonceHex: asked?.value.nonceHex ?? null,
    policies: authority.policies,
    trusted,
  });
  if (said.ok) return said;
  // Whatever it denies now, it is a file that does not hold: asking again would hide it.
  return fail(problem('integrity', `${path}: ${said.problem.message}`));
}

function verified(
  { name, operator }: AuthorityDefinition,
  said: VerifiedTimestamp,
  firstAskedMs: number | null,
): Stamp {
  return { kind: 'verified', authority: name, operator, isLate: isLate(said, firstAskedMs), said };
}

async function fetchMissing(
  files: StampFiles,
  stamps: Stamp[],
  authorities: readonly AuthorityDefinition[],
  sha256: string,
  ask: AskOptions,
  firstAskedMs: number | null,
): Promise<Result<void>> {
  const isOpen = (name: string): boolean =>
    stamps.some((stamp) => stamp.authority === name && isAbsent(stamp));
  const open = authorities.filter(({ name }) => isOpen(name));
  const asked = await timestampDigest(sha256, open, ask);
  if (!asked.ok) return asked;
  for (const [index, authority] of open.entries()) {
    const answer = asked.value[index];
    if (answer === undefined) continue;
    const at = stamps.findIndex((stamp) => stamp.authority === authority.name);
    if (answer.kind === 'missing') {
      stamps[at] = answer;
      continue;
    }
    const { query, response, said } = answer.token;
    const written = files.writeToken(authority.name, query, response);
    if (!written.ok) return written;
    stamps[at] = verified(authority, said, firstAskedMs);
  }
  return ok(undefined);
}

function isAbsent(stamp: Stamp): boolean {
  return stamp.kind === 'missing' && stamp.problem.code === 'not-found';
}
