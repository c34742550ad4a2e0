import { resolve } from 'node:path';
import { backUp, stateFiles } from '../../app.ts';
import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type CommandArgs, type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatTime, parseWhole, STATE_OPTION } from '../ledger-view.ts';
import { logKey, VKEY_OPTION } from '../log-key.ts';

export const ledgerBackup: CommandDefinition = {
  name: 'ledger backup',
  summary: 'make a verified backup of the ledger, while its controller runs',
  operands: [],
  options: [
    {
      flags: '--out <file>',
      summary: 'this file alone; nothing else is tidied',
      completes: 'file',
    },
    {
      flags: '--folder <folder>',
      summary: 'where backups are kept; else backups/ in the state directory',
      env: 'AURORA_BACKUP_FOLDER',
      completes: 'folder',
    },
    {
      flags: '--keep <count>',
      summary: 'no more than the newest so many stay there',
      default: '24',
      env: 'AURORA_BACKUP_KEEP',
    },
    {
      flags: '--keep-for <duration>',
      summary: 'older ones do not stay, but for the newest two',
      default: '7d',
      env: 'AURORA_BACKUP_KEEP_FOR',
    },
    VKEY_OPTION,
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl ledger backup',
  exits: '0 written and verified, 2 no ledger or no key, 5 no space, 6 the ledger is damaged',
  run: async (context, args) => {
    const state = args.text('state') ?? '';
    const vkey = logKey(args.text('vkey'), stateFiles(state).logVkey);
    if (!vkey.ok) return context.fail(vkey.problem);
    const into = targetOf(args, stateFiles(state).backups);
    if (!into.ok) return context.fail(into.problem);
    const wish = { vkey: vkey.value, into: into.value, nowMs: context.nowMs() };
    const made = await backUp(state, wish);
    if (!made.ok) return context.fail(made.problem);
    const { path, takenAtMs, entries, root, unsignedEntries, bytes, ledgerBytes, removed } =
      made.value;
    const shown = {
      ...{ path, takenAt: formatTime(takenAtMs), entries, root, unsignedEntries },
      ...{ bytes, ledgerBytes },
    };
    await context.print(
      {
        kind: 'LedgerBackup',
        data: { ...shown, takenAtMs, removed },
        columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
        rows: Object.entries(shown).map(([name, value]) => [name, String(value)]),
      },
      args.text('output'),
    );
    if (removed.length > 0) context.note(`removed ${removed.length} older ones`);
    return EXIT.yes;
  },
};

type Target = Parameters<typeof backUp>[1]['into'];

function targetOf(args: CommandArgs, ownFolder: string): Result<Target> {
  const file = args.text('out');
  if (file !== null) return ok({ file: resolve(file) });
  const keep = parseWhole(args.text('keep') ?? '', '--keep');
  if (!keep.ok) return keep;
  if (keep.value === 0) return fail(problem('usage', 'expected at least 1 as --keep'));
  const text = args.text('keep-for') ?? '';
  const keepForMs = parseDuration(text);
  if (keepForMs === null) {
    const message = `expected ${DURATION_FORM} as --keep-for, found ${JSON.stringify(text)}`;
    return fail(problem('usage', message));
  }
  const folder = resolve(args.text('folder') ?? ownFolder);
  return ok({ folder, retention: { keep: keep.value, keepForMs } });
}
