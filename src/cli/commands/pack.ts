import { basename, dirname, resolve } from 'node:path';
import { packSourceOf, stateFiles, verifyLedgerOf } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { packageFile } from '../../process/package-file.ts';
import { type CommandArgs, type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { PROMOTION_OPERAND } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { readBytes } from '../files.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { logKey, VKEY_OPTION } from '../log-key.ts';
import { packExtras } from '../pack/extras.ts';
import { type WrittenPack, writePack } from '../pack/write-pack.ts';
import { AUTHORITIES_OPTION } from '../timestamp-authorities.ts';

export const pack: CommandDefinition = {
  name: 'pack',
  summary: 'write all evidence of a promotion into one archive that a stranger can verify',
  operands: [
    {
      ...PROMOTION_OPERAND,
      summary: 'its id, its service, or the beginning of one id; else the last that ended',
    },
  ],
  options: [
    {
      flags: '--out <folder>',
      summary: 'where the archive goes; else reports/ beside the state directory',
      completes: 'folder',
    },
    {
      flags: '--artifacts <folder>',
      summary: 'the released files lie there, and go into the archive; else their digests alone',
      completes: 'folder',
    },
    {
      flags: '--profile <file>',
      summary: 'the released profile, which goes into the archive; else its digest alone',
      completes: 'file',
    },
    {
      flags: '--timestamps <file>',
      summary: 'the checkpoint of an earlier call, timestamped: its tokens go into the archive',
      completes: 'file',
    },
    AUTHORITIES_OPTION,
    {
      flags: '--sign-gpg <key>',
      summary: 'sign archive and manifest with this key of gpg',
    },
    {
      flags: '--sign-ssh <file>',
      summary: 'sign archive and manifest with this ssh key',
      completes: 'file',
    },
    VKEY_OPTION,
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl pack --out evidence',
  exits:
    '0 written and verified, 2 no such promotion or file, 3 a file is not the released one, 4 a key does not sign, 5 it has not ended, 6 the ledger is damaged',
  run: async (context, args) => {
    const made = await make(args, context.version);
    if (!made.ok) return context.fail(made.problem);
    const { files, ...shown } = made.value;
    await context.print(
      {
        kind: 'Pack',
        data: { ...shown, files },
        columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
        rows: Object.entries(shown).map(([name, value]) => [name, String(value)]),
      },
      args.text('output'),
    );
    context.note(`in ${dirname(shown.path)}:`);
    context.note(`  sha256sum -c ${basename(shown.path)}.sha256`);
    context.note(`  node relverify.mjs ${basename(shown.path)} --log-key '${shown.logKey}'`);
    context.note('relverify.mjs lies in the archive; a stranger has the log key from elsewhere');
    return EXIT.yes;
  },
};

async function make(args: CommandArgs, version: string): Promise<Result<WrittenPack>> {
  const state = args.text('state') ?? '';
  const vkey = logKey(args.text('vkey'), stateFiles(state).logVkey);
  if (!vkey.ok) return vkey;
  const verifier = verifierFile();
  if (!verifier.ok) return verifier;
  const verified = await verifyLedgerOf(state, vkey.value);
  if (!verified.ok) return verified;
  if (verified.value.damageCount > 0) {
    const message = 'the ledger is damaged, and nothing of it is packed';
    return fail(problem('integrity', message, 'auroractl ledger verify names the places'));
  }
  const folder = resolve(args.text('out') ?? resolve(dirname(resolve(state)), 'reports'));
  const source = await packSourceOf(state, args.operands[0] ?? '', folder);
  if (!source.ok) return source;
  const extras = await packExtras(args, source.value, {
    vkey: vkey.value,
    madeBy: version,
    verifier: verifier.value,
  });
  if (!extras.ok) return extras;
  return await writePack(folder, source.value, extras.value);
}

/** The verifier of this very version, as `make build` made it. */
function verifierFile(): Result<Uint8Array> {
  const path = packageFile('dist/relverify.mjs');
  const bytes = readBytes(path);
  if (bytes.ok) return ok(bytes.value);
  return fail(problem('not-found', `the verifier is not built: ${path}`, 'make build'));
}
