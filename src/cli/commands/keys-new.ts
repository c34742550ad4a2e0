import { existsSync } from 'node:fs';
import { newKeyFile, newP256KeyFile } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { ok, type Result } from '../../base/result.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { ed25519ToSpki } from '../spki.ts';

export const keysNew: CommandDefinition = {
  name: 'keys new',
  summary: 'make a signing key for a person of a plan',
  operands: [],
  options: [
    {
      flags: '--out <file>',
      summary: 'where the private key is written; must not exist',
      required: true,
      completes: 'file',
    },
    {
      flags: '--p256',
      summary: 'ECDSA P-256 in place of Ed25519: what statements are signed with',
    },
    { flags: '--dry-run', summary: 'write nothing; say whether a key could be made' },
    {
      flags: '-o, --output <format>',
      summary: 'how to print the public key',
      default: 'text',
      choices: ['text', 'json', 'yaml'],
    },
  ],
  example: 'auroractl keys new --out alice.pem',
  exits: '0 made (the public key is on stdout), 2 dry run, 4 the file exists',
  run: async (context, args) => {
    const path = args.text('out') ?? '';
    if (args.flag('dry-run')) {
      if (existsSync(path)) return context.fail(problem('conflict', `${path} exists`));
      context.note(`would write a private key to ${path}`);
      return EXIT.usage;
    }
    const made = await makeKey(path, args.flag('p256'));
    if (!made.ok) return context.fail(made.problem);
    const publicKey = made.value;
    context.note(`wrote the private key to ${path}, readable by you alone; it is not shown again`);
    context.note("the public key below belongs in a plan's people, as publicKey");
    const format = args.text('output');
    if (format === 'text') context.printText(`${publicKey}\n`);
    else {
      const view = { kind: 'PublicKey', data: { publicKey }, columns: [], rows: [] };
      await context.print(view, format);
    }
    return EXIT.yes;
  },
};

/** The public key, as plans hold it. */
async function makeKey(path: string, isP256: boolean): Promise<Result<string>> {
  if (isP256) {
    const made = await newP256KeyFile(path);
    return made.ok ? ok(made.value.publicKey) : made;
  }
  const made = await newKeyFile(path);
  return made.ok ? ok(ed25519ToSpki(made.value.publicKey())) : made;
}
