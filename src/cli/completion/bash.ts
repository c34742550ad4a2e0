import type { CompletionNode, CompletionOption } from './tree.ts';

/** A script for bash 4 or newer; it needs no bash-completion package. */
export function bashScript(tree: readonly CompletionNode[]): string {
  const groups = tree.filter(({ path, words }) => path !== '' && words.length > 0);
  return `# bash completion of auroractl: source it, or put it into a completions folder.
_auroractl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $path in
      '') path=\${COMP_WORDS[i]}; [[ $path == -* ]] && path='' ;;
      ${groups.map(({ path }) => path).join('|')})
        [[ \${COMP_WORDS[i]} != -* ]] && path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $before" in
${tree.flatMap(valueCases).join('\n')}
  esac
  local words='' operands=''
  case $path in
${tree.map(pathCase).join('\n')}
    *) return ;;
  esac
  case $word in
    -*) ;;
    *)
      case $operands in
        file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        folder) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
        profile) words="$(_auroractl_profiles) $words" ;;
      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
_auroractl_profiles() {
  local file
  for file in "\${AURORA_PROFILES_DIR:-profiles}"/*.yaml; do
    [[ -e $file ]] && file=\${file##*/} && printf '%s ' "\${file%.yaml}"
  done
}
complete -o filenames -F _auroractl auroractl
`;
}

function pathCase({ path, words, options, operands }: CompletionNode): string {
  const all = [...words.map(({ word }) => word), ...options.flatMap(({ spellings }) => spellings)];
  return `    '${path}') words='${all.join(' ')}' operands=${operands} ;;`;
}

function valueCases({ path, options }: CompletionNode): string[] {
  return options.flatMap((option) =>
    option.value === null
      ? []
      : [
          `    ${option.spellings.map((one) => `'${path} ${one}'`).join('|')}) ${replies(option)}; return ;;`,
        ],
  );
}

function replies({ value, choices }: CompletionOption): string {
  if (value === 'file') return 'mapfile -t COMPREPLY < <(compgen -f -- "$word")';
  if (value === 'folder') return 'mapfile -t COMPREPLY < <(compgen -d -- "$word")';
  if (choices.length === 0) return 'true';
  return `mapfile -t COMPREPLY < <(compgen -W '${choices.join(' ')}' -- "$word")`;
}
