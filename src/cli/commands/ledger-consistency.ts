import { openLedger, type SqliteReader } from '../../app.ts';
import { equalBytes } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { readCheckpoint } from '../../core/ledger/checkpoint.ts';
import { formatUpdate } from '../../core/ledger/checkpoint-update.ts';
import { consistencyProof } from '../../core/ledger/merkle-proof.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.ts';
import { parseWhole, STATE_OPTION } from '../ledger-view.ts';

export const ledgerConsistency: CommandDefinition = {
  name: 'ledger consistency',
  summary: 'print the proof that a checkpoint continues an earlier one',
  operands: [
    { name: '<old>', summary: 'a size, or a file with the earlier checkpoint', completes: 'file' },
    { name: '[new]', summary: 'a size that was signed; else the newest one', completes: 'nothing' },
  ],
  options: [STATE_OPTION],
  example: 'auroractl ledger consistency 2',
  exits:
    '0 printed, 2 no such size, 5 the new size was not signed, 6 the old checkpoint is no part',
  run: async (context, args) => {
    const [old = '', newer] = args.operands;
    const ledger = await openLedger(args.text('state') ?? '');
    if (!ledger.ok) return context.fail(ledger.problem);
    try {
      const proof = proofOf(ledger.value, old, newer ?? null);
      if (!proof.ok) return context.fail(proof.problem);
      context.printText(proof.value);
      return EXIT.yes;
    } finally {
      ledger.value.close();
    }
  },
};

function proofOf(ledger: SqliteReader, old: string, newer: string | null): Result<string> {
  const size = newer === null ? ok(Number.MAX_SAFE_INTEGER) : parseWhole(newer, 'the new size');
  if (!size.ok) return size;
  const later = ledger.checkpoint(size.value);
  if (!later.ok) return later;
  if (later.value === null || (newer !== null && later.value.size !== size.value)) {
    const nearest = later.value === null ? 'none' : `the nearest is ${later.value.size}`;
    return fail(problem('inconclusive', `no checkpoint of size ${newer ?? 'any'}: ${nearest}`));
  }
  const oldSize = oldSizeOf(ledger, old);
  if (!oldSize.ok) return oldSize;
  const hashes = consistencyProof(oldSize.value, later.value.size, ledger.node);
  if (!hashes.ok) return hashes;
  const update = { oldSize: oldSize.value, hashes: hashes.value, checkpoint: later.value.note };
  return ok(formatUpdate(update));
}

/** Of a checkpoint file the root counts too: a proof from a tree that never was would prove nothing. */
function oldSizeOf(ledger: SqliteReader, old: string): Result<number> {
  if (/^\d+$/.test(old)) return parseWhole(old, 'the old size');
  const note = readText(old);
  if (!note.ok) return note;
  const checkpoint = readCheckpoint(note.value);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  const own = ledger.rootAt(size);
  if (!own.ok) return own;
  if (equalBytes(own.value, root)) return ok(size);
  return fail(problem('integrity', `${old} is of another history than the ledger`));
}
