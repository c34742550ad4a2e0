import { digestOf, sha256 } from '../../base/digest.ts';
import type { EvidenceQuery } from '../../core/gate/check.ts';
import { valueAt } from './field.ts';
import { type Found, failed, type SourceDeps } from './found.ts';
import { get } from './get.ts';
import { redact } from './redact.ts';

const REDUCER = 'http-field@1';
const DEADLINE_MS = 5_000;
const BODY_BYTES_MAX = 1_048_576;

/**
 * Asks a URL. `field` is `status`, `latencyMs` (to the end of the answer), or a path in a JSON body,
 * which only a 2xx answer can give.
 */
export async function httpEvidence(
  query: Extract<EvidenceQuery, { source: 'http' }>,
  deps: Pick<SourceDeps, 'now'>,
): Promise<Found> {
  const { url, field } = query;
  const place = `GET ${URL.canParse(url) ? redact(url) : '(no valid URL)'}`;
  const limits = { deadlineMs: DEADLINE_MS, bytesMax: BODY_BYTES_MAX, accept: 'application/json' };
  const got = await get(url, limits);
  if (!got.ok) return failed(REDUCER, `${place}: ${got.problem.reason}`);
  const { status, body, latencyMs } = got.value;
  const known = { atMs: deps.now(), samples: 1, reducer: REDUCER };
  if (field === 'status' || field === 'latencyMs') {
    const seen = { status, latencyMs };
    return { ...known, inputSha256: digestOf(seen), kind: 'number', value: seen[field] };
  }
  if (status < 200 || status > 299) return failed(REDUCER, `${place} answered ${status}`, body);
  const value = valueAt(body, field);
  if (!value.ok) return failed(REDUCER, `${place}: ${redact(value.problem)}`, body);
  return { ...known, inputSha256: sha256(body), ...value.value };
}
