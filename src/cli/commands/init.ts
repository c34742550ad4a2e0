import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { initFiles } from '../init-files.ts';
import { initPlan } from '../init-plan.ts';

export const init: CommandDefinition = {
  name: 'init',
  summary: 'write a plan with signatures, keys for two people, and say how to go on',
  operands: [],
  options: [
    {
      flags: '--stable <command>',
      summary: 'starts what is stable now, with {port} or $PORT; or the address where it runs',
      required: true,
    },
    { flags: '--candidate <command>', summary: 'the same of the candidate', required: true },
    {
      flags: '--artifact <file>',
      summary: 'a file of the release; else those that the candidate names',
      repeats: true,
      completes: 'file',
    },
    { flags: '--service <name>', summary: 'name of the service', default: 'web' },
    { flags: '--listen <address>', summary: 'its door', default: '127.0.0.1:8080' },
    { flags: '--stable-version <version>', summary: 'what stable is called', default: '1.0.0' },
    { flags: '--candidate-version <version>', summary: 'X.Y.Z; else the next minor version' },
    {
      flags: '--folder <folder>',
      summary: 'where it is written, and the commands run',
      default: '.',
      completes: 'folder',
    },
    OUTPUT_OPTION,
  ],
  example: "auroractl init --stable 'node v1.js' --candidate 'node v2.js'",
  exits: '0 written, 2 a wrong word, 4 there is a plan or a key already: nothing is replaced',
  run: async (context, args) => {
    const wanted = initPlan(args);
    if (!wanted.ok) return context.fail(wanted.problem);
    const written = await initFiles(wanted.value);
    if (!written.ok) return context.fail(written.problem);
    const { files, commands } = written.value;
    for (const { path, what } of files) context.note(`wrote ${path}: ${what}`);
    context.note('Go on with:');
    const format = args.text('output');
    if (format === 'table') context.printText(`${commands.join('\n')}\n`);
    else {
      const data = { files, commands };
      await context.print({ kind: 'Init', data, columns: [], rows: [] }, format);
    }
    return EXIT.yes;
  },
};
