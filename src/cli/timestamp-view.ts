import { formatInstant } from '../base/instant.ts';
import type { Problem } from '../base/problem.ts';
import type { VerifiedTimestamp } from '../core/timestamp/authority.ts';
import type { Stamp, StampsResult } from '../core/timestamp/stamps-result.ts';
import type { Context } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const DAY_MS = 86_400_000;
const EXPIRY_DAYS = 30;

/** What became of one authority's token, in a word. */
export function tokenWord(stamp: Stamp): string {
  if (stamp.kind === 'verified') return stamp.isLate ? 'late' : 'verified';
  return stamp.problem.code === 'unavailable' || stamp.problem.code === 'not-found'
    ? 'missing'
    : 'wrong';
}

/** A token's part of a JSON document; null for what there is not. */
export function saidData(said: VerifiedTimestamp | null): object {
  return {
    genTime: said === null ? null : formatInstant(said.genTimeMs),
    accuracyMs: said?.accuracyMs ?? null,
    policy: said?.policy ?? null,
    serial: said?.serialHex ?? null,
    signer: said?.signer.name ?? null,
    signerSha256: said?.signer.sha256 ?? null,
    signerExpiresAt: said === null ? null : formatInstant(said.signer.notAfterMs),
  };
}

export function problemData(problem: Problem | null): object {
  return { problem: problem === null ? null : { code: problem.code, message: problem.message } };
}

/** Reasons and hints to people, and the exit code of the whole. */
export function endWith(
  context: Context,
  stamps: readonly Stamp[],
  { result, reasons }: StampsResult,
): ExitCode {
  for (const reason of reasons) context.note(`${result}: ${reason}`);
  const hints = stamps.flatMap((stamp) =>
    stamp.kind === 'missing' && stamp.problem.hint !== undefined ? [stamp.problem.hint] : [],
  );
  for (const hint of new Set(hints)) context.note(`hint: ${hint}`);
  for (const note of expiryNotes(stamps, context.nowMs())) context.note(note);
  switch (result) {
    case 'pass':
      return EXIT.yes;
    case 'inconclusive':
      return EXIT.inconclusive;
    case 'fail':
      return EXIT.integrity;
  }
}

/** What an authority stamped before stays good; it will stamp nothing more. */
function expiryNotes(stamps: readonly Stamp[], nowMs: number): string[] {
  return stamps.flatMap((stamp) => {
    if (stamp.kind !== 'verified') return [];
    const days = Math.floor((stamp.said.signer.notAfterMs - nowMs) / DAY_MS);
    if (days >= EXPIRY_DAYS) return [];
    const when = formatInstant(stamp.said.signer.notAfterMs).slice(0, 10);
    return [
      `warning: the certificate of ${stamp.authority} ${days < 0 ? 'ended' : 'ends'} ${when}`,
    ];
  });
}
