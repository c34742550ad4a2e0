import { canonicalJson } from '../../base/canonical-json.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Plan } from '../plan/plan.ts';
import { personSignatureFault } from './person-signature.ts';

/** A document as people sign it: RFC 8785 JSON, and a signature over exactly these bytes. */
export interface SignedDocument {
  document: string;
  /** base64; what it holds depends on the person's key: person-signature.ts */
  signature: string;
}

/** Larger than any request; a hostile document is not even parsed. */
const DOCUMENT_CHARS_MAX = 262_144;

/**
 * The document's content once its signature by the person it names has held. Read nothing of it
 * before: until then the document is hostile. `kind` must be the one expected.
 */
export function openSigned(
  plan: Plan,
  kind: string,
  signed: SignedDocument,
): Result<Record<string, unknown> & { person: string; role: string; atMs: number }> {
  const content = parse(signed.document);
  if (content === null) return fail(malformed('it is no JSON object'));
  if (content.kind !== kind) return fail(malformed(`it is no ${kind}`));
  const { person, role, atMs } = content;
  if (typeof person !== 'string' || typeof role !== 'string' || typeof atMs !== 'number') {
    return fail(malformed('it names no person, role or time'));
  }
  const known = plan.people.find(({ id }) => id === person);
  if (known === undefined) {
    return fail(problem('not-allowed', `the plan knows no ${person}`, 'people are in the plan'));
  }
  const fault = personSignatureFault(known.publicKey, signed.document, signed.signature);
  if (fault !== null) {
    return fail(
      problem(
        'not-allowed',
        `the signature is not by the key of ${person} over this document: ${fault}`,
        'sign the very bytes that were printed, with the key that the plan names',
      ),
    );
  }
  const holders = plan.roles.find(({ name }) => name === role)?.people ?? [];
  if (!holders.includes(person)) {
    const hint =
      holders.length === 0 ? 'the plan has no such role' : `held by ${holders.join(', ')}`;
    return fail(problem('not-allowed', `${person} does not hold the role ${role}`, hint));
  }
  return ok({ ...content, person, role, atMs });
}

/** Only the canonical form is accepted: one content, one text, one digest. */
function parse(document: string): Record<string, unknown> | null {
  if (document.length > DOCUMENT_CHARS_MAX) return null;
  try {
    const value: unknown = JSON.parse(document);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return canonicalJson(value) === document ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function malformed(what: string): Problem {
  return problem('invalid-file', `not a document that can be signed: ${what}`);
}
