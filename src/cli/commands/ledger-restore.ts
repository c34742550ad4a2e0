import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { restore, stateFiles } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { readCheckpoint } from '../../core/ledger/checkpoint.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { logKey, VKEY_OPTION } from '../log-key.ts';

export const ledgerRestore: CommandDefinition = {
  name: 'ledger restore',
  summary: 'put the ledger of a backup in the place of the present one, once all of it is verified',
  operands: [{ name: '<file>', summary: 'the backup', completes: 'file' }],
  options: [
    {
      flags: '--checkpoint <file>',
      summary: 'the last checkpoint that was published; an older backup is refused',
      completes: 'file',
    },
    {
      flags: '--unpublished',
      summary: 'you say: no checkpoint beyond the backup was shown to anybody',
      conflicts: ['checkpoint'],
    },
    VKEY_OPTION,
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl ledger restore newest.db.zst --checkpoint published.checkpoint',
  exits:
    '0 restored, 2 no such file or key, 4 a controller runs or the backup is too old, 6 the backup is damaged or of another history',
  run: async (context, args) => {
    const state = args.text('state') ?? '';
    const files = stateFiles(state);
    const vkey = logKey(args.text('vkey'), files.logVkey);
    if (!vkey.ok) return context.fail(vkey.problem);
    const checkpoint = checkpointOf(args.text('checkpoint'));
    if (!checkpoint.ok) return context.fail(checkpoint.problem);
    const restored = await restore(state, {
      file: resolve(args.operands[0] ?? ''),
      vkey: vkey.value,
      checkpoint: checkpoint.value,
      unpublished: args.flag('unpublished'),
      nowMs: context.nowMs(),
    });
    if (!restored.ok) return context.fail(restored.problem);
    const { entries, root, unsignedEntries, term, tiedToSize, lostEntries, replaced } =
      restored.value;
    const shown = { entries, root, unsignedEntries, term, tiedToSize, lostEntries, replaced };
    await context.print(
      {
        kind: 'LedgerRestore',
        data: shown,
        columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
        rows: Object.entries(shown).map(([name, value]) => [name, String(value ?? '-')]),
      },
      args.text('output'),
    );
    if (tiedToSize === null) {
      context.note('it was compared with no checkpoint: what others hold of this log may be newer');
    }
    if (!existsSync(files.logKey)) {
      context.note(
        `${files.logKey} is in no backup: put it back, mode 600, before a controller starts`,
      );
    }
    context.note('what is active in it goes on from there: auroractl list');
    return EXIT.yes;
  },
};

/** Whether it is signed is asked later; what is no checkpoint at all is the wrong file. */
function checkpointOf(path: string | null): Result<string | null> {
  if (path === null) return ok(null);
  const text = readText(path);
  if (!text.ok) return text;
  const read = readCheckpoint(text.value);
  return read.ok ? text : fail(problem('invalid-file', `${path}: ${read.problem.message}`));
}
