import { createHash } from 'node:crypto';
import { auditRowsOf } from '../app.ts';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { ok, type Result } from '../base/result.ts';
import { csvRecord } from '../core/report/csv.ts';

/** Rows of the audit log as a document. */
export interface LedgerCsv {
  bytes: Uint8Array;
  /** Hex. */
  sha256: string;
  rows: number;
  /** Of the first and the last row; null: there is none. */
  firstId: number | null;
  lastId: number | null;
}

const COLUMNS = [
  'id',
  'timestamp',
  'promotion',
  'type',
  'actor',
  'summary',
  'leaf_sha256',
  'blob_sha256',
  'body',
] as const;
/** Records are gathered to pieces of about this many characters before they become bytes. */
const PIECE_LENGTH = 1_048_576;

/**
 * The audit log of a time as RFC 4180 with a header, in UTF-8. Its first line is never that of a
 * checkpoint, so that no signature of the log key over it can be taken for one over a tree.
 */
export async function ledgerCsv(
  state: string,
  time: { sinceMs: number; untilMs: number },
): Promise<Result<LedgerCsv>> {
  const pieces: Uint8Array[] = [];
  let text = csvRecord(COLUMNS);
  let firstId: number | null = null;
  let lastId: number | null = null;
  const counted = await auditRowsOf(state, time, (row) => {
    firstId ??= row.id;
    lastId = row.id;
    text += csvRecord(COLUMNS.map((column) => row[column]));
    if (text.length < PIECE_LENGTH) return;
    pieces.push(utf8(text));
    text = '';
  });
  if (!counted.ok) return counted;
  const bytes = concatBytes(...pieces, utf8(text));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return ok({ bytes, sha256, rows: counted.value, firstId, lastId });
}
