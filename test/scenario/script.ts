/**
 * A scenario is a text: commands, a line of four dashes, and what the machine said. Blocks are
 * separated by blank lines; lines that begin with # are prose for the reader.
 */
export interface Block {
  prose: readonly string[];
  commands: readonly string[];
  recorded: string;
}

export function parseScenario(text: string): Block[] {
  return text
    .split(/\n{2,}/)
    .map((part) => part.replace(/\n+$/, ''))
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const lines = part.split('\n');
      const at = lines.indexOf('----');
      const head = at < 0 ? lines : lines.slice(0, at);
      return {
        prose: head.filter((line) => line.startsWith('#')),
        commands: head.filter((line) => line !== '' && !line.startsWith('#')),
        recorded: at < 0 ? '' : lines.slice(at + 1).join('\n'),
      };
    });
}

export function formatScenario(blocks: readonly Block[]): string {
  const texts = blocks.map(({ prose, commands, recorded }) => {
    const head = [...prose, ...commands];
    return commands.length === 0 ? head.join('\n') : [...head, '----', recorded].join('\n');
  });
  return `${texts.join('\n\n')}\n`;
}

/** `canary judged=no for 3m` -> words and settings. */
export function words(line: string): { plain: string[]; settings: Map<string, string> } {
  const plain: string[] = [];
  const settings = new Map<string, string>();
  for (const word of line.trim().split(/\s+/)) {
    const at = word.indexOf('=');
    if (at > 0) settings.set(word.slice(0, at), word.slice(at + 1));
    else plain.push(word);
  }
  return { plain, settings };
}
