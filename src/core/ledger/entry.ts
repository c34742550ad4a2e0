import { utf8Length } from '../../base/bytes.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** Leaves stay small, so that proofs and packs do; larger bodies are blobs named by digest. */
export const LEAF_BYTES_MAX = 16_384;
/** Deeper JSON is hostile: readers written by recursion would run out of stack. */
const DEPTH_MAX = 64;

/** Aurora's own leaf: one step of a promotion. Event and effects are opaque to the ledger. */
export interface Entry {
  v: 1;
  promotion: string;
  /** Counts the promotion's steps. */
  n: number;
  /** The controller's term: which take-over wrote this. */
  term: number;
  atMs: number;
  type: string;
  actor: string;
  /** One line for people; part of the leaf, so that the audit log can't be reworded. */
  summary: string;
  event: unknown;
  effects: readonly unknown[];
  /** Digest of the promotion's state after this step. */
  stateSha256: string;
  /** Whether the promotion has its outcome and nothing left to do. */
  ended: boolean;
  /** The rows that this step rests on, when it closes a segment. */
  sealed: Seal | null;
  /** A body too large for a leaf, by its digest. */
  blobSha256: string | null;
}

/** A closed run of interval rows: see segment.ts for the digest. */
export interface Seal {
  fromSeq: number;
  toSeq: number;
  rows: number;
  sha256: string;
}

/** What the audit log shows of a leaf, beside its body. */
export interface LeafColumns {
  promotion: string;
  atMs: number;
  type: string;
  actor: string;
  summary: string;
  blobSha256: string | null;
}

/**
 * The leaf for an entry: its RFC 8785 JSON, and the columns of the audit log taken from it.
 * `refused` when it is larger than LEAF_BYTES_MAX or holds what JSON can't hold exactly.
 */
export function leafOf(entry: Entry): Result<LeafColumns & { body: string }> {
  const fault = entryFault(entry) ?? jsonFault(entry, '', 0);
  if (fault !== null) return fail(problem('refused', `not fit for a ledger entry: ${fault}`));
  const body = canonicalJson(entry);
  const bytes = utf8Length(body);
  if (bytes > LEAF_BYTES_MAX) {
    return fail(
      problem(
        'refused',
        `an entry of ${bytes} bytes; at most ${LEAF_BYTES_MAX}`,
        'put the large part into a blob and quote its digest',
      ),
    );
  }
  return ok({ ...columnsOf(entry), body });
}

export function columnsOf(entry: Entry): LeafColumns {
  const { promotion, atMs, type, actor, summary, blobSha256 } = entry;
  return { promotion, atMs, type, actor, summary, blobSha256 };
}

/**
 * The entry of a leaf body. `integrity` for anything that `leafOf` could not have written: other
 * fields missing or of another kind, JSON that isn't canonical, too large, too deep.
 */
export function parseEntry(body: string): Result<Entry> {
  if (utf8Length(body) > LEAF_BYTES_MAX) return fail(notAnEntry('it is too large'));
  const value = parseJson(body);
  const fault = isObject(value) ? (entryFault(value) ?? jsonFault(value, '', 0)) : 'no JSON object';
  if (fault !== null) return fail(notAnEntry(fault));
  if (canonicalJson(value) !== body) return fail(notAnEntry('its JSON is not canonical'));
  return ok(value as unknown as Entry); // every field was looked at by entryFault
}

/** Says what keeps a value from being an entry, or null. Fields it doesn't know are let through. */
export function entryFault(value: object): string | null {
  const entry = value as { v?: unknown } & Record<string, unknown>;
  if (entry.v !== 1) return 'v is not 1';
  for (const [field, test] of FIELDS) {
    if (!test(entry[field])) return `${field} is missing or of the wrong kind`;
  }
  return null;
}

/** The object of a text, or null for anything else; never throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isSha256 = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const FIELDS: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['promotion', isText],
  ['n', isCount],
  ['term', isCount],
  ['atMs', isCount],
  ['type', isText],
  ['actor', isText],
  ['summary', isText],
  ['event', (value) => value !== undefined],
  ['effects', Array.isArray],
  ['stateSha256', isSha256],
  ['ended', (value) => typeof value === 'boolean'],
  ['sealed', isSealOrNull],
  ['blobSha256', (value) => value === null || isSha256(value)],
];

function isSealOrNull(value: unknown): boolean {
  if (value === null) return true;
  if (!isObject(value)) return false;
  const seal = value as { sha256?: unknown } & Record<string, unknown>;
  return (
    ['fromSeq', 'toSeq', 'rows'].every((field) => isCount(seal[field])) && isSha256(seal.sha256)
  );
}

/**
 * What JSON would lose without a word: whole numbers beyond 2^53 (nanoseconds are written as
 * texts), NaN and infinities, lone surrogates, undefined inside a list, class instances.
 */
function jsonFault(value: unknown, at: string, depth: number): string | null {
  if (depth > DEPTH_MAX) return `${at} lies deeper than ${DEPTH_MAX} levels`;
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? null : `${at} holds half a surrogate pair`;
    case 'number':
      return isExact(value) ? null : `${at} is ${value}, which JSON can't hold exactly`;
    case 'boolean':
      return null;
    case 'object':
      break;
    default:
      return `${at} is ${typeof value}`;
  }
  if (value === null) return null;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!plain) return `${at} is not plain data`;
  for (const [key, child] of Object.entries(value)) {
    if (!key.isWellFormed()) return `${at} has a key with half a surrogate pair`;
    if (child === undefined && !Array.isArray(value)) continue; // canonical JSON leaves it out
    const fault = jsonFault(child, `${at}/${key}`, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));

const notAnEntry = (fault: string): Problem =>
  problem('integrity', `a leaf body is not a ledger entry: ${fault}`);
