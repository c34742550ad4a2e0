import type { CompletionNode, CompletionOption } from './tree.ts';

/** A script for zsh: source it after compinit, or put it as _auroractl into a folder of fpath. */
export function zshScript(tree: readonly CompletionNode[]): string {
  const groups = tree.filter(({ path, words }) => path !== '' && words.length > 0);
  return `#compdef auroractl
_auroractl() {
  local at='' i
  for ((i = 2; i < CURRENT; i++)); do
    case $at in
      '') [[ $words[i] != -* ]] && at=$words[i] ;;
      ${groups.map(({ path }) => path).join('|')}) [[ $words[i] != -* ]] && at="$at $words[i]" ;;
    esac
  done
  case $at in
${tree.map(pathCase).join('\n')}
  esac
}
_auroractl_profiles() {
  local -a found
  found=(\${AURORA_PROFILES_DIR:-profiles}/*.yaml(N:t:r))
  compadd -a found
}
if [ "$funcstack[1]" = _auroractl ]; then
  _auroractl "$@"
else
  compdef _auroractl auroractl
fi
`;
}

function pathCase({ path, words, options, operands }: CompletionNode): string {
  const lines: string[] = [];
  if (words.length > 0) {
    const described = words.map(({ word, summary }) => quote(`${word}:${summary}`));
    lines.push(
      `      local -a commands=(${described.join(' ')})`,
      '      _describe command commands',
    );
  }
  const specs = options.flatMap(optionSpecs);
  if (words.length === 0) specs.push(quote(`*:operand:${action(operands, [])}`));
  if (words.length === 0 || options.length > 1) lines.push(`      _arguments ${specs.join(' ')}`);
  return `    '${path}')\n${lines.join('\n')}\n      ;;`;
}

function optionSpecs({ spellings, summary, value, choices }: CompletionOption): string[] {
  const text = summary.replace(/[[\]:]/g, ' ');
  const argument = value === null ? '' : `:value:${action(value, choices)}`;
  return spellings.map((one) => quote(`${one}[${text}]${argument}`));
}

function action(value: string, choices: readonly string[]): string {
  if (value === 'file') return '_files';
  if (value === 'folder') return '_files -/';
  if (value === 'profile') return '_auroractl_profiles';
  return choices.length > 0 ? `(${choices.join(' ')})` : ' ';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
