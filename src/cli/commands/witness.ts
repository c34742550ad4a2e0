import { serveWitnessOf } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { parseVkey } from '../../core/ledger/signed-note.ts';
import type { WitnessedLog } from '../../core/ledger/witness.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { logKey } from '../log-key.ts';

const PORT_MAX = 65_535;

export const witness: CommandDefinition = {
  name: 'witness',
  summary: 'cosign checkpoints of logs and refuse a second history; for somebody else to run',
  operands: [],
  options: [
    {
      flags: '--folder <folder>',
      summary: 'holds its key and what it cosigned; made where it is new. Never to be copied back',
      required: true,
      completes: 'folder',
    },
    { flags: '--name <name>', summary: 'of its key, such as witness.example', required: true },
    {
      flags: '--log <key>',
      summary: "a log's public key (name+id+key) or a file with it; ORIGIN=KEY where they differ",
      required: true,
      repeats: true,
      completes: 'file',
    },
    { flags: '--port <port>', summary: '0: a free one', default: '7380' },
    {
      flags: '--address <address>',
      summary: 'another than loopback only behind a proxy that speaks TLS',
      default: '127.0.0.1',
    },
    {
      flags: '-o, --output <format>',
      summary: 'how to print what logs need to know of it',
      default: 'yaml',
      choices: ['yaml', 'json'],
    },
  ],
  example:
    'auroractl witness --folder witness --name witness.example --log .aurora/log.vkey --port 0',
  exits: '0 ended by SIGTERM, 2 a wrong word, 4 folder or port is taken, 6 its state is damaged',
  run: async (context, args) => {
    const logs: WitnessedLog[] = [];
    for (const text of args.texts('log')) {
      const log = parseLog(text);
      if (!log.ok) return context.fail(log.problem);
      logs.push(log.value);
    }
    const port = args.text('port') ?? '';
    if (!/^\d{1,5}$/.test(port) || Number(port) > PORT_MAX) {
      return context.fail(problem('usage', `expected --port from 0 to ${PORT_MAX}, found ${port}`));
    }
    const ended = whenEnded();
    const served = await serveWitnessOf(args.text('folder') ?? '', {
      name: args.text('name') ?? '',
      logs,
      address: args.text('address') ?? '',
      port: Number(port),
    });
    if (!served.ok) return context.fail(served.problem);
    const { url, vkey, stop } = served.value;
    const origins = logs.map(({ origin }) => origin);
    await context.print(
      { kind: 'Witness', data: { url, vkey, logs: origins }, columns: [], rows: [] },
      args.text('output'),
    );
    context.note(`the witness answers at ${url} until it is ended`);
    const code = await ended;
    await stop();
    return code;
  },
};

function parseLog(text: string): Result<WitnessedLog> {
  // Neither a vkey's name nor its id has an equals sign; base64 ends with one.
  const [, origin = null, rest = text] = /^([^+=]+)=(.+)$/.exec(text) ?? [];
  const vkey = logKey(rest, '');
  if (!vkey.ok) return vkey;
  const key = parseVkey(vkey.value);
  if (!key.ok) return fail(key.problem);
  return ok({ origin: origin ?? key.value.name, key: key.value });
}

/** Heard from the start: a signal that comes while the key is being made is no crash. */
function whenEnded(): Promise<ExitCode> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve(EXIT.yes));
    process.once('SIGINT', () => resolve(EXIT.interrupted));
  });
}
