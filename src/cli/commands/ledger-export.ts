import { basename, dirname, join, resolve } from 'node:path';
import { signerOf, stateFiles, verifyLedgerOf } from '../../app.ts';
import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { writeWhole } from '../files.ts';
import { ledgerCsv } from '../ledger-csv.ts';
import { formatTime, STATE_OPTION } from '../ledger-view.ts';
import { logKey } from '../log-key.ts';
import { ed25519ToSpki } from '../spki.ts';

export const ledgerExport: CommandDefinition = {
  name: 'ledger export',
  summary: 'write the audit log of a time as CSV, signed by the log key',
  operands: [],
  options: [
    { flags: '--since <duration>', summary: 'entries younger than this', default: '7d' },
    {
      flags: '--out <file>',
      summary: 'the CSV; .sha256, .sig and .pem beside it. Else reports/ledger-DATE.csv',
      completes: 'file',
    },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl ledger export --since 7d',
  exits: '0 written, 2 no ledger or no key, 4 the key is not yours to use, 6 the ledger is damaged',
  run: async (context, args) => {
    const state = args.text('state') ?? '';
    const untilMs = context.nowMs();
    const since = args.text('since') ?? '';
    const ageMs = parseDuration(since);
    if (ageMs === null) {
      const message = `expected ${DURATION_FORM} as --since, found ${JSON.stringify(since)}`;
      return context.fail(problem('usage', message));
    }
    const time = { sinceMs: untilMs - ageMs, untilMs };
    const path = resolve(args.text('out') ?? ownPath(state, untilMs));
    const exported = await exportTo(path, state, time);
    if (!exported.ok) return context.fail(exported.problem);
    const shown = {
      ...{ path, since: formatTime(time.sinceMs), until: formatTime(untilMs) },
      ...exported.value,
    };
    await context.print(
      {
        kind: 'LedgerExport',
        data: shown,
        columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
        rows: Object.entries(shown).map(([name, value]) => [name, String(value ?? '-')]),
      },
      args.text('output'),
    );
    const name = basename(path);
    context.note(`in ${dirname(path)}:`);
    context.note(`  sha256sum -c ${name}.sha256`);
    context.note(
      `  openssl pkeyutl -verify -pubin -inkey ${name}.pem -rawin -in ${name} -sigfile ${name}.sig`,
    );
    context.note("the .pem is the log's public key; an outsider has it from elsewhere");
    return EXIT.yes;
  },
};

interface Exported {
  rows: number;
  firstId: number | null;
  lastId: number | null;
  sha256: string;
}

/** The signature comes last: what is signed was verified, and is on the disk. */
async function exportTo(
  path: string,
  state: string,
  time: { sinceMs: number; untilMs: number },
): Promise<Result<Exported>> {
  const files = stateFiles(state);
  const vkey = logKey(null, files.logVkey);
  if (!vkey.ok) return vkey;
  const verified = await verifyLedgerOf(state, vkey.value);
  if (!verified.ok) return verified;
  if (verified.value.damageCount > 0) {
    const message = 'the ledger is damaged, and nothing of it is signed';
    return fail(problem('integrity', message, 'auroractl ledger verify names the places'));
  }
  const signer = await signerOf(files.logKey);
  if (!signer.ok) return signer;
  const csv = await ledgerCsv(state, time);
  if (!csv.ok) return csv;
  const { bytes, ...about } = csv.value;
  const signature = await signer.value.sign(bytes);
  if (!signature.ok) return signature;
  const pem = `-----BEGIN PUBLIC KEY-----\n${ed25519ToSpki(signer.value.publicKey())}\n-----END PUBLIC KEY-----\n`;
  const written: readonly [string, string | Uint8Array][] = [
    ['', bytes],
    ['.sha256', `${about.sha256}  ${basename(path)}\n`],
    ['.pem', pem],
    ['.sig', signature.value],
  ];
  for (const [suffix, content] of written) {
    const there = writeWhole(`${path}${suffix}`, content);
    if (!there.ok) return there;
  }
  return ok(about);
}

/** Beside the other reports, below the folder that holds the state directory. */
function ownPath(state: string, untilMs: number): string {
  const day = formatTime(untilMs).slice(0, 10);
  return join(dirname(resolve(state)), 'reports', `ledger-${day}.csv`);
}
