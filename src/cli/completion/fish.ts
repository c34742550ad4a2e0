import type { CompletionNode, CompletionOption } from './tree.ts';

/** A script for fish: put it into ~/.config/fish/completions/auroractl.fish. */
export function fishScript(tree: readonly CompletionNode[]): string {
  return `# fish completion of auroractl
function __auroractl_at
    set -l words (string match --invert -- '-*' (commandline -opc)[2..-1])
    set -l wanted (string split --no-empty ' ' -- $argv[1])
    test (count $wanted) -eq 0; and test (count $words) -eq 0; and return 0
    test (count $wanted) -gt 0; or return 1
    test (count $words) -ge (count $wanted); or return 1
    test "$words[1..$(count $wanted)]" = "$wanted"
end
complete -c auroractl -f
${tree.flatMap(lines).join('\n')}
`;
}

function lines(node: CompletionNode): string[] {
  const start = `complete -c auroractl -n ${quote(`__auroractl_at ${quote(node.path)}`)}`;
  const words = node.words.map(({ word, summary }) => `${start} -a ${word} -d ${quote(summary)}`);
  const options = node.options.map((option) => `${start} ${optionWords(option)}`);
  const operands: string[] = [];
  if (node.operands === 'file') operands.push(`${start} -F`);
  if (node.operands === 'profile') {
    const names = '(for f in profiles/*.yaml; basename $f .yaml; end)';
    operands.push(`${start} -a ${quote(names)}`);
  }
  return [...words, ...options, ...operands];
}

function optionWords({ spellings, summary, value, choices }: CompletionOption): string {
  const names = spellings.map((one) =>
    one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`,
  );
  const words = [...names, `-d ${quote(summary)}`];
  if (value === 'file' || value === 'folder') words.push('-r -F');
  else if (choices.length > 0) words.push(`-x -a ${quote(choices.join(' '))}`);
  else if (value !== null) words.push('-x');
  return words.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
