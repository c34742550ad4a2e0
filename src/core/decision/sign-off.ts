import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { authorsOf } from '../plan/authors.ts';
import type { Plan } from '../plan/plan.ts';
import { signingKeyOf } from './person-signature.ts';
import { type DecisionRequest, requestDigest } from './request.ts';
import { openSigned, type SignedDocument } from './signed-document.ts';

export interface AcceptedSignOff {
  person: string;
  role: string;
  choice: 'approve' | 'reject';
  atMs: number;
  signature: string;
}

/** The exact text that a person signs: the whole request, and what they say of it in which role. */
export function signOffDocument(
  request: DecisionRequest,
  by: { person: string; role: string; choice: 'approve' | 'reject'; atMs: number },
): string {
  return canonicalJson({ apiVersion: 'aurora/v1', kind: 'SignOff', ...by, request });
}

export interface SignOffPlace {
  plan: Plan;
  /** Roles whose sign-off is wanted here. */
  roles: readonly string[];
  request: DecisionRequest;
  accepted: readonly AcceptedSignOff[];
}

/**
 * Takes a sign-off, or says why not: wrong key, role or person, an author approving the own
 * release, another request than the open one, too late, or the same person twice.
 */
export function checkSignOff(
  place: SignOffPlace,
  signed: SignedDocument,
  nowMs: number,
): Result<AcceptedSignOff> {
  const { plan, request, accepted } = place;
  const opened = openSigned(plan, 'SignOff', signed);
  if (!opened.ok) return opened;
  const { person, role, atMs, choice } = opened.value;
  const refuse = (text: string, hint?: string) => fail(problem('not-allowed', text, hint));
  if (choice !== 'approve' && choice !== 'reject') {
    return refuse('it neither approves nor rejects', 'choice: approve or reject');
  }
  if (!place.roles.includes(role)) {
    return refuse(`no sign-off as ${role} is wanted here`, `wanted: ${place.roles.join(', ')}`);
  }
  if (digestOf(opened.value.request ?? null) !== requestDigest(request)) {
    return refuse('it signs another request than the one that is open', 'sign the open request');
  }
  if (nowMs >= request.expiresAtMs) return refuse('the request has expired', 'wait for the next');
  if (choice === 'approve' && authorsOf(plan).includes(person)) {
    return refuse(
      `${person} made this release or its plan, and cannot approve it`,
      'another holder of the role',
    );
  }
  if (accepted.some((one) => one.person === person)) {
    return refuse(`${person} has signed already`, 'each sign-off needs another person');
  }
  // One key may have two names: in a plan that was not linted, or behind an OpenPGP fingerprint.
  const key = keyOf(plan, person, signed.signature);
  const twin = accepted.find((one) => keyOf(plan, one.person, one.signature) === key);
  if (twin !== undefined) {
    return refuse(`${person} signs with the key of ${twin.person}, who has signed already`);
  }
  if (signOffDocument(request, { person, role, choice, atMs }) !== signed.document) {
    return refuse('it says more than a sign-off does', 'sign the document as it was printed');
  }
  return ok({ person, role, choice, atMs, signature: signed.signature });
}

/** However it is written: the same Ed25519 key as a key file and as an ssh line is one. */
function keyOf(plan: Plan, person: string, signature: string): string | null {
  const publicKey = plan.people.find(({ id }) => id === person)?.publicKey;
  return publicKey === undefined ? null : signingKeyOf(publicKey, signature);
}
