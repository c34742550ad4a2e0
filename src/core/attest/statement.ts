import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** in-toto Statement v1: something said of artifacts, by their digests. */
export interface Statement {
  _type: typeof STATEMENT_TYPE;
  subject: readonly Subject[];
  predicateType: string;
  predicate: object;
}

export interface Subject {
  name: string;
  digest: { sha256: string };
}

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const SHA256 = /^[0-9a-f]{64}$/;

/** The bytes that are signed: RFC 8785 JSON. One content, one text, one digest. */
export function statementBytes(
  subject: readonly Subject[],
  predicateType: string,
  predicate: object,
): Uint8Array {
  const statement: Statement = { _type: STATEMENT_TYPE, subject, predicateType, predicate };
  return utf8(canonicalJson(statement));
}

/**
 * The statement of bytes whose signatures have held. `invalid-file` for what is none: a subject
 * without a digest would be said of anything with that name.
 */
export function parseStatement(payload: Uint8Array): Result<Statement> {
  const refuse = (what: string) => fail(problem('invalid-file', `no in-toto statement: ${what}`));
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(payload) ?? '');
  } catch {
    return refuse('it is no JSON');
  }
  if (typeof value !== 'object' || value === null) return refuse('it is no JSON object');
  const { _type, subject, predicateType, predicate } = value as Record<string, unknown>;
  if (_type !== STATEMENT_TYPE) return refuse(`its type is not ${STATEMENT_TYPE}`);
  if (typeof predicateType !== 'string') return refuse('it has no predicateType');
  if (typeof predicate !== 'object' || predicate === null) return refuse('it has no predicate');
  const isSound = Array.isArray(subject) && subject.length > 0 && subject.every(isSubject);
  if (!isSound) return refuse('a subject lacks its name or SHA-256');
  return ok({ _type, subject, predicateType, predicate });
}

function isSubject(value: unknown): value is Subject {
  if (typeof value !== 'object' || value === null) return false;
  const { name, digest } = value as { name?: unknown; digest?: { sha256?: unknown } };
  const sha256 = digest?.sha256;
  return typeof name === 'string' && typeof sha256 === 'string' && SHA256.test(sha256);
}
