import { cwd, env } from 'node:process';
import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { present } from '../base/assert.ts';
import { ok, type Result } from '../base/result.ts';
import type {
  CommandArgs,
  CommandDefinition,
  Context,
  OptionDefinition,
  ValueSource,
} from './command.ts';
import { type FileValues, fileSettings, settingOf } from './config.ts';
import type { ExitCode } from './exit-codes.ts';
import { COMMANDS, GROUPS, type RegistryEntry } from './registry.ts';

/**
 * commander's tree of what `words` may mean: the command that they begin with, or all where they
 * begin with none. Each is registered by its words alone; its definition is loaded and its options
 * are added when commander has found that it is the one called.
 */
export function buildProgram(
  context: Context,
  words: readonly string[],
  done: (code: ExitCode) => void,
): Command {
  const program = house(new Command('auroractl'))
    .description('Carries a service from release candidate to general availability.')
    .version(context.version, '-V, --version', 'print the version')
    .usage('<command> [options]');
  const groups = new Map<string, Command>();
  const entries = new Map<Command, RegistryEntry>();
  for (const entry of commandsOf(words)) {
    const [word = '', second] = entry.name.split(' ');
    const parent = second === undefined ? program : group(program, groups, word);
    const command = house(new Command(second ?? word)).summary(entry.summary);
    parent.addCommand(command);
    entries.set(command, entry);
  }
  const load = async (_parent: Command, command: Command): Promise<void> => {
    const entry = entries.get(command);
    if (entry !== undefined) await furnish(command, await entry.load(), context, done);
  };
  for (const parent of [program, ...groups.values()]) parent.hook('preSubcommand', load);
  return program;
}

/** Half a hundred commands that nobody called are a tenth of a start-up. */
function commandsOf([first, second]: readonly string[]): readonly RegistryEntry[] {
  const called = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
  return called === undefined ? COMMANDS : [called];
}

function group(program: Command, groups: Map<string, Command>, word: string): Command {
  const known = groups.get(word);
  if (known !== undefined) return known;
  const summary = present(GROUPS[word], `the group ${word} has a summary`);
  const made = house(new Command(word)).description(summary).usage('<command> [options]');
  program.addCommand(made);
  groups.set(word, made);
  return made;
}

/** Problems are printed by main.ts, in one form for all. */
function house(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError(true);
}

/** Files of settings are looked for only by a command that has an option they could give. */
async function furnish(
  command: Command,
  definition: CommandDefinition,
  context: Context,
  done: (code: ExitCode) => void,
): Promise<void> {
  command.description(`${sentence(definition.summary)}.`);
  for (const operand of definition.operands) command.argument(operand.name, operand.summary);
  const isSet = definition.options.some((option) => settingOf(option) !== null);
  const files: Result<FileValues> = isSet ? await fileSettings(cwd(), env) : ok(new Map());
  const values: FileValues = files.ok ? files.value : new Map();
  for (const option of definition.options) addOption(command, option, values);
  const after = `\nExample:\n  ${definition.example}\n\nExit codes:\n  ${definition.exits}`;
  command.addHelpText('after', after);
  command.action(async () => {
    done(files.ok ? await run() : context.fail(files.problem));
  });
  const run = (): Promise<ExitCode> => definition.run(context, argsOf(command, values));
}

/** commander lets a flag win over the variable, and both over what a file says. */
function addOption(command: Command, definition: OptionDefinition, values: FileValues): void {
  const option = toOption(definition);
  const setting = settingOf(definition);
  if (setting !== null) option.env(setting.env);
  command.addOption(option);
  const given = setting === null ? undefined : values.get(setting.flag);
  if (given === undefined) return;
  command.setOptionValueWithSource(option.attributeName(), given.value, 'config');
}

function toOption(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.summary);
  if (definition.default !== undefined) option.default(definition.default);
  if (definition.choices !== undefined) option.choices([...definition.choices]);
  if (definition.env !== undefined) option.env(definition.env);
  if (definition.conflicts !== undefined) option.conflicts([...definition.conflicts]);
  if (definition.required === true) option.makeOptionMandatory();
  if (definition.repeats === true) {
    option.argParser((value: string, before: unknown) => [
      ...(Array.isArray(before) ? before : []),
      value,
    ]);
  } else if (definition.choices === undefined && definition.flags.includes('<')) {
    option.argParser((value: string) => {
      if (value === '') throw new InvalidArgumentError('It is empty.');
      return value;
    });
  }
  return option;
}

function argsOf(command: Command, values: FileValues): CommandArgs {
  const options = new Map<string, unknown>(Object.entries(command.opts()));
  const value = (name: string): unknown => options.get(attributeOf(name));
  return {
    operands: command.args,
    flag: (name) => value(name) === true,
    text: (name) => {
      const found = value(name);
      return typeof found === 'string' ? found : null;
    },
    texts: (name) => {
      const found = value(name);
      return Array.isArray(found) ? found.map(String) : [];
    },
    source: (name) => sourceOf(command, name, values),
  };
}

/** commander's name of an option's value. */
function attributeOf(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function sourceOf(command: Command, name: string, values: FileValues): ValueSource {
  const given = values.get(name);
  switch (command.getOptionValueSource(attributeOf(name))) {
    case 'cli':
      return { from: 'flag', at: `--${name}` };
    case 'env': {
      const option = command.options.find(({ long }) => long === `--${name}`);
      return { from: 'environment', at: option?.envVar ?? null };
    }
    case 'config':
      return { from: given?.kind ?? 'project file', at: given?.place ?? null };
    default:
      return { from: 'default', at: null };
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Help and version were asked for and printed; everything else that commander throws is a wrong call. */
export function isAnswer(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
}
