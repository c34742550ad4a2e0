import type { Problem } from '../base/problem.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { writeError } from './streams.ts';

/** Lines for people, all to stderr: stdout carries data alone. */
export interface Console {
  note(line: string): void;
  fail(problem: Problem): ExitCode;
}

const RED = 31;
const CYAN = 36;

export function stderrConsole(): Console {
  const paint = (colour: number, text: string): string =>
    hasColours() ? `\u001b[${colour}m${text}\u001b[39m` : text;
  return {
    note: (line) => {
      writeError(`${printable(line)}\n`);
    },
    fail: ({ code, message, hint }) => {
      writeError(`${paint(RED, 'error:')} ${printable(message)}\n`);
      if (hint !== undefined) writeError(`${paint(CYAN, 'hint:')} ${printable(hint)}\n`);
      return exitCodeOf(code);
    },
  };
}

function hasColours(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return !NO_COLOR && TERM !== 'dumb' && process.stderr.isTTY;
}

/** Messages quote files and arguments: their terminal escapes stop here, line breaks stay. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, ' ');
}
