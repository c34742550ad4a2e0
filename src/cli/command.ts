import type { Problem } from '../base/problem.ts';
import type { ExitCode } from './exit-codes.ts';
import type { View } from './output.ts';

/** One command as data: what help, completion and the parser need, and what it does. */
export interface CommandDefinition {
  /** The same words as in registry.ts: `plan check`. */
  name: string;
  summary: string;
  /** commander's writing: `<file...>` is required, `[profile...]` is not. */
  operands: readonly OperandDefinition[];
  options: readonly OptionDefinition[];
  /** A whole call that works in a checkout; the tests run it. */
  example: string;
  /** What the exit codes mean here, one line. */
  exits: string;
  run(context: Context, args: CommandArgs): Promise<ExitCode>;
}

export interface OperandDefinition {
  name: string;
  summary: string;
  completes: Completes;
}

export interface OptionDefinition {
  /** commander's writing: `--check`, `--out <file>`. */
  flags: string;
  summary: string;
  default?: string;
  required?: boolean;
  /** May be given several times. */
  repeats?: boolean;
  choices?: readonly string[];
  /** Read when the option isn't given. */
  env?: string;
  conflicts?: readonly string[];
  completes?: Completes;
}

export type Completes = 'file' | 'folder' | 'profile' | 'choice' | 'nothing';

/** What the caller wrote. Names as in the flags, without dashes: `profiles-dir`. */
export interface CommandArgs {
  operands: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | null;
  texts(name: string): readonly string[];
  /** Who gave the value. Absent where one command calls another with words of its own. */
  source?(name: string): ValueSource;
}

/** `at`: the flag, the variable's name, or the place in a file. */
export interface ValueSource {
  from: 'flag' | 'environment' | 'project file' | 'user file' | 'default';
  at: string | null;
}

/** A command's whole world; nothing in commands/ reads a global. */
export interface Context {
  version: string;
  /** stdout is a person's terminal, and can be drawn on. */
  isTerminal: boolean;
  /** Of that terminal, in characters. */
  terminalSize(): { columns: number; rows: number };
  nowMs(): number;
  /** Data, to stdout in the format that the caller asked for. */
  print(view: View, format: string | null): Promise<void>;
  /** Text that is data itself (a script, a proof, a plan), to stdout as it is. */
  printText(text: string): void;
  /** A line for people, to stderr. */
  note(line: string): void;
  /** `error:` and `hint:` to stderr; the exit code that belongs to it. */
  fail(problem: Problem): ExitCode;
}

/** Every command that prints data has it. */
export const OUTPUT_OPTION: OptionDefinition = {
  flags: '-o, --output <format>',
  summary: 'how to print data',
  default: 'table',
  choices: ['table', 'wide', 'json', 'yaml'],
};
