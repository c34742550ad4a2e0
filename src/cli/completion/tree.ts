import type { Completes } from '../command.ts';
import { COMMANDS, GROUPS } from '../registry.ts';

/** What a shell can offer after the words of `path`. */
export interface CompletionNode {
  /** '' is the program itself, `plan` a group, `plan check` a command. */
  path: string;
  words: readonly CompletionWord[];
  options: readonly CompletionOption[];
  operands: Completes;
}

export interface CompletionWord {
  word: string;
  summary: string;
}

export interface CompletionOption {
  /** `-o` and `--output`. */
  spellings: readonly string[];
  summary: string;
  /** What follows it; `nothing` when it takes a value that can't be completed, null when it takes none. */
  value: Completes | null;
  choices: readonly string[];
}

const HELP: CompletionOption = {
  spellings: ['-h', '--help'],
  summary: 'print this help',
  value: null,
  choices: [],
};

/** Every place in the command tree, from the commands' own definitions. */
export async function commandTree(): Promise<CompletionNode[]> {
  const top = new Map<string, string>();
  const below = new Map<string, CompletionWord[]>();
  const leaves: CompletionNode[] = [];
  for (const entry of COMMANDS) {
    const [word = '', second] = entry.name.split(' ');
    top.set(word, second === undefined ? entry.summary : (GROUPS[word] ?? ''));
    if (second !== undefined) {
      below.set(word, [...(below.get(word) ?? []), { word: second, summary: entry.summary }]);
    }
    const { options, operands } = await entry.load();
    leaves.push({
      path: entry.name,
      words: [],
      options: [...options.map(toOption), HELP],
      operands: operands[0]?.completes ?? 'nothing',
    });
  }
  const words = [...top].map(([word, summary]) => ({ word, summary }));
  const groups = [...below].map(([path, children]): CompletionNode => {
    return { path, words: children, options: [HELP], operands: 'nothing' };
  });
  const version = { ...HELP, spellings: ['-V', '--version'], summary: 'print the version' };
  return [{ path: '', words, options: [version, HELP], operands: 'nothing' }, ...groups, ...leaves];
}

function toOption(option: {
  flags: string;
  summary: string;
  choices?: readonly string[];
  completes?: Completes;
}): CompletionOption {
  const choices = option.choices ?? [];
  const takesValue = option.flags.includes('<');
  const value = choices.length > 0 ? 'choice' : (option.completes ?? 'nothing');
  return {
    spellings: option.flags.replace(/ <.*/, '').split(', '),
    summary: option.summary,
    value: takesValue ? value : null,
    choices,
  };
}
