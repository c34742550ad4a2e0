import { CommanderError } from 'commander';
import { type Problem, problem } from '../base/problem.ts';
import { readVersion } from '../process/version.ts';
import { bugReport } from './bug-report.ts';
import type { Context } from './command.ts';
import { type Console, stderrConsole } from './console.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { renderView } from './output.ts';
import { buildProgram, isAnswer } from './program.ts';
import { writeOut } from './streams.ts';

/** Of a terminal that does not say. */
const COLUMNS = 80;
const ROWS = 24;

/**
 * Runs `auroractl` with the words behind the program's name; sets the process's exit code. Ctrl-C is
 * left to the system, which ends the process at once (130 to a shell): commands read and hash
 * synchronously, and a handler of ours would have to wait for them.
 */
export async function main(words: readonly string[]): Promise<void> {
  process.exitCode = await run(words, stderrConsole());
}

async function run(words: readonly string[], console: Console): Promise<ExitCode> {
  const version = readVersion();
  const context: Context = {
    version,
    // Asked when it matters: to look at the stream is to open it, a sixth of a start-up.
    get isTerminal() {
      return process.stdout.isTTY === true;
    },
    terminalSize: () => ({
      columns: process.stdout.columns || COLUMNS,
      rows: process.stdout.rows || ROWS,
    }),
    nowMs: () => Date.now(),
    print: async (view, format) => writeOut(await renderView(view, format)),
    printText: writeOut,
    ...console,
  };
  let code: ExitCode = EXIT.yes;
  try {
    const program = buildProgram(context, words, (outcome) => {
      code = outcome;
    });
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return isAnswer(error) ? EXIT.yes : console.fail(callProblem(error, words));
    }
    for (const line of bugReport(error, version, words)) console.note(line);
    return EXIT.bug;
  }
}

/** commander's words as ours: `error:` without its prefix, its suggestion as `hint:`. */
function callProblem(error: CommanderError, words: readonly string[]): Problem {
  const help = `auroractl ${words.filter((word) => /^[a-z]+$/.test(word))[0] ?? ''}`.trim();
  if (error.code === 'commander.help') {
    return problem('usage', `${help} needs a command`, `${help} --help`);
  }
  const [first = '', ...rest] = error.message.split('\n');
  const message = first.replace(/^error: /, '');
  const suggestion = /\((Did you mean .*)\)/i.exec(rest.join(' '))?.[1];
  const hint = suggestion?.replace(/^D/, 'd') ?? `${help} --help`;
  return problem('usage', message, hint);
}
