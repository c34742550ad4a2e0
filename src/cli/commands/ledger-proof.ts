import { openLedger, type SqliteReader } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { readCheckpoint } from '../../core/ledger/checkpoint.ts';
import { inclusionProof } from '../../core/ledger/merkle-proof.ts';
import { formatProof } from '../../core/ledger/proof.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { parseWhole, STATE_OPTION } from '../ledger-view.ts';

export const ledgerProof: CommandDefinition = {
  name: 'ledger proof',
  summary: 'print the proof that an entry is in the ledger',
  operands: [{ name: '<index>', summary: 'counted from 0', completes: 'nothing' }],
  options: [STATE_OPTION],
  example: 'auroractl ledger proof 0',
  exits: '0 printed (a C2SP tlog-proof), 2 no such entry, 5 no checkpoint covers it yet',
  run: async (context, args) => {
    const index = parseWhole(args.operands[0] ?? '', 'the index of an entry');
    if (!index.ok) return context.fail(index.problem);
    const ledger = await openLedger(args.text('state') ?? '');
    if (!ledger.ok) return context.fail(ledger.problem);
    const proof = proofOf(ledger.value, index.value);
    ledger.value.close();
    if (!proof.ok) return context.fail(proof.problem);
    context.printText(proof.value);
    return EXIT.yes;
  },
};

/** From the entry to the newest checkpoint that covers it. The tree only grows, so order is no matter. */
function proofOf(ledger: SqliteReader, index: number): Result<string> {
  const head = ledger.head();
  if (!head.ok) return head;
  const { size, checkpoint } = head.value;
  if (index >= size) {
    return fail(problem('not-found', `there is no entry ${index}: the ledger has ${size}`));
  }
  const covered = checkpoint === '' ? ok({ size: 0 }) : readCheckpoint(checkpoint);
  if (!covered.ok) return covered;
  if (index >= covered.value.size) {
    const hint = 'the controller signs the next checkpoint with its next entry';
    return fail(problem('inconclusive', `no checkpoint covers entry ${index} yet`, hint));
  }
  const hashes = inclusionProof(index, covered.value.size, ledger.node);
  if (!hashes.ok) return hashes;
  return ok(formatProof({ index, hashes: hashes.value, checkpoint, extra: null }));
}
