import { serveLocalAuthority } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

const PORT_MAX = 65_535;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

export const tsaServe: CommandDefinition = {
  name: 'tsa serve',
  summary: 'run a timestamp authority of this machine, for tests and work without a network',
  operands: [],
  options: [
    {
      flags: '--folder <folder>',
      summary: 'holds its key and certificates; made where it is new',
      required: true,
      completes: 'folder',
    },
    { flags: '--name <name>', summary: 'what it is called', default: 'local' },
    { flags: '--port <port>', summary: 'of 127.0.0.1; 0: a free one', default: '0' },
    {
      flags: '-o, --output <format>',
      summary: 'how to print what its users need to know of it',
      default: 'yaml',
      choices: ['yaml', 'json'],
    },
  ],
  example: 'auroractl tsa serve --folder tsa/alpha --name alpha',
  exits: '0 ended by SIGTERM, 2 a wrong word, 4 the folder or the port is not free, 130 by Ctrl-C',
  run: async (context, args) => {
    const [folder, name, port] = [args.text('folder'), args.text('name'), args.text('port')];
    if (name === null || !NAME.test(name)) {
      const message = `expected --name of lower-case letters, digits and dashes, found ${name}`;
      return context.fail(problem('usage', message));
    }
    if (port === null || !/^\d{1,5}$/.test(port) || Number(port) > PORT_MAX) {
      return context.fail(problem('usage', `expected --port from 0 to ${PORT_MAX}, found ${port}`));
    }
    const ended = whenEnded();
    const served = await serveLocalAuthority(folder ?? '', name, Number(port));
    if (!served.ok) return context.fail(served.problem);
    const { url, roots, policy, stop } = served.value;
    const entry = { name, operator: `this machine (${name})`, url, roots, policies: [policy] };
    await context.print(
      { kind: 'TimestampAuthorities', data: { authorities: [entry] }, columns: [], rows: [] },
      args.text('output'),
    );
    context.note(`${name} answers at ${url} until it is ended; its word is this machine's own`);
    const code = await ended;
    await stop();
    return code;
  },
};

/** Heard from the start: a signal that comes while the key is being made is no crash. */
function whenEnded(): Promise<ExitCode> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve(EXIT.yes));
    process.once('SIGINT', () => resolve(EXIT.interrupted));
  });
}
