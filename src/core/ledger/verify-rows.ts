import { sha256 } from '../../base/digest.ts';
import type { Seal } from './entry.ts';
import { rowCheck } from './segment.ts';
import type { Damage } from './verify-tree.ts';

/** An interval row as stored, with the check that the store keeps beside it (segment.ts). */
export interface AuditedRow {
  promotion: string;
  seq: number;
  body: string;
  check: string;
}

/** A seal and the entry that holds it. */
export interface PlacedSeal {
  entry: number;
  seal: Seal;
}

export interface RowCounts {
  rows: number;
  /** Rows after the last segment of their promotion: bound by no entry yet. */
  unsealedRows: number;
}

/**
 * Re-hashes every row and compares each segment with its seal. Rows come by promotion, rising by
 * seq. A row that lies in no segment though later ones are sealed was put there afterwards.
 */
export function auditRows(
  rows: Iterable<AuditedRow>,
  seals: ReadonlyMap<string, readonly PlacedSeal[]>,
  report: (damage: Damage) => void,
): RowCounts {
  const counts: RowCounts = { rows: 0, unsealedRows: 0 };
  const open = new Map(seals);
  let audit: PromotionAudit | null = null;
  for (const row of rows) {
    counts.rows += 1;
    if (audit?.promotion !== row.promotion) {
      audit?.end();
      audit = promotionAudit(row.promotion, open.get(row.promotion) ?? [], report);
      open.delete(row.promotion);
    }
    if (audit.add(row) === 'unsealed') counts.unsealedRows += 1;
  }
  audit?.end();
  for (const [promotion, left] of open) promotionAudit(promotion, left, report).end();
  return counts;
}

interface PromotionAudit {
  promotion: string;
  add(row: AuditedRow): 'sealed' | 'unsealed';
  /** Reports the segments that have not got all of their rows. */
  end(): void;
}

function promotionAudit(
  promotion: string,
  seals: readonly PlacedSeal[],
  report: (damage: Damage) => void,
): PromotionAudit {
  let at = 0;
  let lastSeq = -1;
  let lines: string[] = [];
  let doubted: number[] = [];

  const close = (): void => {
    const placed = seals[at];
    if (placed === undefined) return;
    report_(placed, sha256(lines.join('')) === placed.seal.sha256);
    [at, lines, doubted] = [at + 1, [], []];
  };
  const report_ = ({ entry, seal }: PlacedSeal, isIntact: boolean): void => {
    const name = (seqs: string): string => `rows ${seqs} of ${promotion}`;
    if (isIntact) {
      for (const seq of doubted) {
        const message = 'the check beside the row is not its own; the seal confirms the row';
        report({ entry, place: name(String(seq)), message });
      }
      return;
    }
    if (doubted.length > 0) {
      for (const seq of doubted) {
        report({ entry, place: name(String(seq)), message: 'the row is not what was sealed' });
      }
      return;
    }
    const held = lines.length === seal.rows ? '' : `: ${lines.length} rows instead of ${seal.rows}`;
    const message = `the segment is not what was sealed${held}`;
    report({ entry, place: name(`${seal.fromSeq}-${seal.toSeq}`), message });
  };

  const add = (row: AuditedRow): 'sealed' | 'unsealed' => {
    if (row.seq <= lastSeq) {
      report({ entry: null, place: `rows ${row.seq} of ${promotion}`, message: 'out of order' });
    }
    lastSeq = row.seq;
    while ((seals[at]?.seal.toSeq ?? row.seq) < row.seq) close();
    const placed = seals[at];
    if (placed !== undefined && row.seq >= placed.seal.fromSeq) {
      lines.push(`${row.seq} ${sha256(row.body)}\n`);
      if (rowCheck(row) !== row.check) doubted.push(row.seq);
      return 'sealed';
    }
    const place = `rows ${row.seq} of ${promotion}`;
    if (placed !== undefined) {
      report({ entry: placed.entry, place, message: 'lies in no segment, between sealed ones' });
    } else if (rowCheck(row) !== row.check) {
      report({ entry: null, place, message: 'the row does not hash to the check beside it' });
    }
    return 'unsealed';
  };
  const end = (): void => {
    while (at < seals.length) close();
  };
  return { promotion, add, end };
}
