import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { VerifiedTimestamp } from '../../core/timestamp/authority.ts';
import { type Certificate, certificateOf } from './certificate.ts';
import { readDer, readPart } from './der.ts';
import { pathTo } from './path.ts';
import { readResponse } from './response.ts';
import type { HashName } from './signature.ts';
import { nameOf, signerOf } from './signer.ts';
import { type TstInfo, tstInfoOf } from './tst-info.ts';

/** What a token has to say, and by whom. */
export interface TimestampExpectation {
  hash: HashName;
  /** Of the thing that was stamped. */
  digestHex: string;
  /** Of the query; null where it is not at hand: then the imprint alone ties the token to the thing. */
  nonceHex: string | null;
  /** One of them. */
  policies: readonly string[];
  trusted: TrustedCertificates;
}

/** What a caller was told out of band. Self-issued ones are pinned roots, the others help on the way. */
export interface TrustedCertificates {
  roots: readonly Certificate[];
  others: readonly Certificate[];
}

/** A time that may be off by more says nothing that would be of use, however true it is. */
const ACCURACY_MS_MAX = 60_000;

/**
 * Every check of a TimeStampResp that needs no clock: status, form, imprint, nonce, policy, signer by its
 * certificate's identifier, usage, signature, and the path to a pinned root at the token's own time.
 * `refused` or `unavailable` where none was granted, else `integrity` with the first that fails.
 */
export function verifyTimestamp(
  response: Uint8Array,
  expected: TimestampExpectation,
): Result<VerifiedTimestamp> {
  const token = readResponse(response);
  if (!token.ok) return token;
  const info = readDer('the timestamp', token.value.content, tstInfoOf);
  if (!info.ok) return info;
  const fault = contentFault(info.value, expected);
  if (fault !== null) return fail(problem('integrity', fault));
  // What else lies in the bag may be anything, and is nobody's fault but its own.
  const bag = token.value.certificates.map((one) =>
    readPart('the certificate', one, certificateOf),
  );
  const { roots, others } = expected.trusted;
  const pool = [...others, ...bag.flatMap((read) => (read.ok ? [read.value] : []))];
  const signer = signerOf(token.value, pool);
  if (!signer.ok) return signer;
  const path = pathTo(signer.value, pool, roots, info.value.genTimeMs);
  if (!path.ok) return path;
  const { imprint: _, ...said } = info.value;
  const { sha256, keySha256, notAfterMs } = signer.value;
  const rootSha256 = path.value.at(-1)?.sha256 ?? '';
  return ok({
    ...said,
    signer: { name: nameOf(signer.value), sha256, keySha256, notAfterMs },
    rootSha256,
  });
}

function contentFault(info: TstInfo, expected: TimestampExpectation): string | null {
  const { imprint, nonceHex, policy } = info;
  if (imprint.hash !== expected.hash || imprint.digestHex !== expected.digestHex) {
    return 'the timestamp is of something else';
  }
  if (expected.nonceHex !== null && nonceHex !== expected.nonceHex) {
    return "the timestamp does not answer the query's nonce: it may be an old one";
  }
  if ((info.accuracyMs ?? 0) > ACCURACY_MS_MAX) {
    return `the timestamp may be off by ${info.accuracyMs} ms; at most ${ACCURACY_MS_MAX} are accepted`;
  }
  if (expected.policies.includes(policy)) return null;
  return `the timestamp is under policy ${policy}, which is not among those accepted`;
}
