import { sha256 } from '../../base/digest.ts';
import type { Seal } from './entry.ts';

/** An interval row as it is stored: the body is RFC 8785 JSON. */
export interface SegmentRow {
  seq: number;
  body: string;
}

/**
 * The seal of a closed run of rows, rising by seq; null when there is none to seal. Gaps are
 * allowed and show: `rows` is then smaller than the range.
 */
export function sealOf(rows: readonly SegmentRow[]): Seal | null {
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return null;
  const sha256 = segmentDigest(rows);
  return { fromSeq: first.seq, toSeq: last.seq, rows: rows.length, sha256 };
}

/**
 * SHA-256 of one line a row, `<seq> <SHA-256 of the body in hex>\n`: an auditor gets the same with
 * sha256sum alone, and a row can be shown to belong without showing the others.
 */
export function segmentDigest(rows: readonly SegmentRow[]): string {
  return sha256(rows.map(({ seq, body }) => `${seq} ${sha256(body)}\n`).join(''));
}

/**
 * What a store keeps beside a row to notice damage before a segment is sealed: unlike the digest in
 * a seal it covers promotion and seq too, which for sealed rows the entry names.
 */
export function rowCheck(row: SegmentRow & { promotion: string }): string {
  return sha256(`${row.promotion}\n${row.seq}\n${row.body}`);
}
