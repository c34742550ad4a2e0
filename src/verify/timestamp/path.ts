import { formatInstant } from '../../base/instant.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Certificate, isIssuedBy } from './certificate.ts';
import { issuerFault, signerFault } from './usage.ts';

/** Signatures tried for one path: a bag full of certificates of one name costs no more than that. */
const TRIES_MAX = 64;
/** Certificates of a path, signer and root included. */
const LENGTH_MAX = 6;

/**
 * The path from a signer to a pinned root, each certificate valid at `atMs` (the token's own time:
 * RFC 3161, appendix B) and used as it says it may be. `integrity` with the reason of the way that came
 * nearest. Revocation lists are not asked for.
 */
export function pathTo(
  signer: Certificate,
  pool: readonly Certificate[],
  roots: readonly Certificate[],
  atMs: number,
): Result<readonly Certificate[]> {
  const unfit = signerFault(signer) ?? validityFault(signer, atMs);
  if (unfit !== null) return fail(problem('integrity', `the signer's certificate ${unfit}`));
  const pinned = new Set(roots.map((root) => root.sha256));
  const issuers = [...roots, ...pool.filter((one) => !pinned.has(one.sha256))];
  let tries = TRIES_MAX;
  let reason = "none of the pinned roots is behind the signer's certificate";
  const extend = (path: readonly Certificate[]): readonly Certificate[] | null => {
    const last = path.at(-1);
    if (last === undefined || path.length >= LENGTH_MAX) return null;
    for (const issuer of issuers) {
      if (path.includes(issuer) || tries <= 0) continue;
      tries -= 1;
      if (!isIssuedBy(last, issuer)) continue;
      const fault = issuerFault(issuer, path.length - 1) ?? validityFault(issuer, atMs);
      if (fault !== null) {
        reason = `an issuer's certificate ${fault}`;
        continue;
      }
      const longer = [...path, issuer];
      const whole = pinned.has(issuer.sha256) ? longer : extend(longer);
      if (whole !== null) return whole;
    }
    return null;
  };
  const path = extend([signer]);
  return path === null ? fail(problem('integrity', reason)) : ok(path);
}

function validityFault({ notBeforeMs, notAfterMs }: Certificate, atMs: number): string | null {
  if (atMs < notBeforeMs) return `was not valid before ${formatInstant(notBeforeMs)}`;
  return atMs > notAfterMs ? `was not valid after ${formatInstant(notAfterMs)}` : null;
}
