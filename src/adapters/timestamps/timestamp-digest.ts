import { assert } from '../../base/assert.ts';
import { fromHex } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AuthorityDefinition } from '../../core/timestamp/authority.ts';
import type { MissingStamp } from '../../core/timestamp/stamps-result.ts';
import { trustedCertificates } from '../../verify/timestamp/trusted-certificates.ts';
import type { TrustedCertificates } from '../../verify/timestamp/verify-timestamp.ts';
import { type AskOptions, askAuthority, type Token } from './ask-authority.ts';

/** What one authority gave. */
export type Asked = GivenToken | MissingStamp;

export interface GivenToken {
  kind: 'given';
  authority: string;
  operator: string;
  token: Token;
}

/**
 * Asks all authorities at once for a timestamp of a SHA-256 digest (lower-case hex); their answers in the
 * given order, each verified or with what is wrong. One that is down costs the deadline and no more: ask
 * the missing ones again later, and mark what they then give as late. Never throws for what others do;
 * `invalid-file` where an authority's own certificates are not readable, before anyone is asked.
 */
export async function timestampDigest(
  sha256: string,
  authorities: readonly AuthorityDefinition[],
  options: AskOptions,
): Promise<Result<readonly Asked[]>> {
  const digest = fromHex(sha256);
  assert(digest?.length === 32, 'a SHA-256 digest in lower-case hex');
  const trusts = trustsOf(authorities);
  if (!trusts.ok) return trusts;
  const asked = trusts.value.map(async ({ authority, trusted }): Promise<Asked> => {
    const { name, operator } = authority;
    const token = await askAuthority(digest, authority, trusted, options);
    if (token.ok) return { kind: 'given', authority: name, operator, token: token.value };
    return { kind: 'missing', authority: name, operator, problem: token.problem };
  });
  return ok(await Promise.all(asked));
}

interface Trust {
  authority: AuthorityDefinition;
  trusted: TrustedCertificates;
}

/** What each authority's certificates pin; `invalid-file` names the authority. */
export function trustsOf(authorities: readonly AuthorityDefinition[]): Result<Trust[]> {
  const trusts: Trust[] = [];
  for (const authority of authorities) {
    const trusted = trustedCertificates(authority.rootsPem);
    if (!trusted.ok) {
      const { message } = trusted.problem;
      return fail(problem('invalid-file', `the roots of ${authority.name}: ${message}`));
    }
    trusts.push({ authority, trusted: trusted.value });
  }
  return ok(trusts);
}
