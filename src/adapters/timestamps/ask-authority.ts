import { randomBytes } from 'node:crypto';
import { toHex } from '../../base/bytes.ts';
import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AuthorityDefinition, VerifiedTimestamp } from '../../core/timestamp/authority.ts';
import type { Clock } from '../../engine/ports.ts';
import { encodeQuery } from '../../verify/timestamp/query.ts';
import {
  type TrustedCertificates,
  verifyTimestamp,
} from '../../verify/timestamp/verify-timestamp.ts';
import { postQuery } from './post.ts';

export interface AskOptions {
  clock: Pick<Clock, 'now' | 'monotonic'>;
  /** For the whole exchange with one authority. */
  deadlineMs: number;
}

/** A token that passed every check, with what it answered. */
export interface Token {
  /** DER of TimeStampReq: a `.tsq`. */
  query: Uint8Array;
  /** DER of TimeStampResp, as it came: a `.tsr`. */
  response: Uint8Array;
  said: VerifiedTimestamp;
  /**
   * How far the authority's clock is certainly from ours: 0 where the token's time, as coarse as it is
   * written, meets the exchange; negative where it is behind.
   */
  offsetMs: number;
  latencyMs: number;
}

export const ASK_DEADLINE_MS = 10_000;
/** How wrong our own clock may be, beyond what the token says of its accuracy. */
const CLOCK_TOLERANCE_MS = 5_000;
const RESPONSE_BYTES_MAX = 65_536;
const NONCE_BYTES = 16;

/**
 * Asks one authority for a timestamp of a SHA-256 digest and checks all of what it gives, its time against
 * our clock too. `unavailable`: nothing was had; `refused`: it said no; `integrity`: its answer does not
 * hold, the clocks differ included.
 */
export async function askAuthority(
  digest: Uint8Array,
  authority: AuthorityDefinition,
  trusted: TrustedCertificates,
  { clock, deadlineMs }: AskOptions,
): Promise<Result<Token>> {
  const nonce = newNonce();
  const query = encodeQuery(digest, nonce);
  const [askedMs, startMs] = [clock.now(), clock.monotonic()];
  const limits = { deadlineMs, bytesMax: RESPONSE_BYTES_MAX };
  const posted = await postQuery(authority.url, query, limits);
  if (!posted.ok) return posted;
  const latencyMs = Math.max(0, clock.monotonic() - startMs);
  const verified = verifyTimestamp(posted.value, {
    hash: 'sha256',
    digestHex: toHex(digest),
    nonceHex: toHex(nonce),
    policies: authority.policies,
    trusted,
  });
  if (!verified.ok) return verified;
  const fault = clockFault(verified.value, askedMs, askedMs + latencyMs);
  if (fault !== null) return fail(fault);
  const offsetMs = offset(verified.value, askedMs, askedMs + latencyMs);
  return ok({ query, response: posted.value, said: verified.value, offsetMs, latencyMs });
}

/** Positive and in its shortest form, so that every authority sends back the same bytes. */
function newNonce(): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  nonce[0] = 0x40 | ((nonce[0] ?? 0) & 0x3f);
  return new Uint8Array(nonce);
}

/** The token's time with its doubt has to meet the time of the exchange with ours. */
function clockFault(said: VerifiedTimestamp, askedMs: number, answeredMs: number): Problem | null {
  const accuracyMs = said.accuracyMs ?? 0;
  const offsetMs = offset(said, askedMs, answeredMs);
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS + accuracyMs) return null;
  const gap = formatDuration(Math.abs(offsetMs));
  const allowed = formatDuration(CLOCK_TOLERANCE_MS + accuracyMs);
  const message =
    `the timestamp says ${formatInstant(said.genTimeMs)}, ` +
    `${gap} ${offsetMs < 0 ? 'before' : 'after'} this machine's clock; at most ${allowed} are allowed`;
  return problem('integrity', message, "compare this machine's clock with another one");
}

function offset(said: VerifiedTimestamp, askedMs: number, answeredMs: number): number {
  const { genTimeMs, granularityMs } = said;
  if (genTimeMs > answeredMs) return Math.ceil(genTimeMs - answeredMs);
  return Math.min(0, Math.floor(genTimeMs + granularityMs - askedMs));
}
