import type { CompletedCommand } from './tree.js'

/** A completion for bash. */
export function bashCompletion (commands: readonly CompletedCommand[]): string {
  const below = commands.filter(({ path }) => path !== '')
  return `# bash completion of hushwire; source it, or keep it as ~/.local/share/bash-completion/completions/hushwire
_hushwire () {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= words= profile=\${HUSHWIRE_PROFILE-} IFS=$'\\n' i name
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    # bash parts --profile=work into three
    [[ \${COMP_WORDS[i-1]} == --profile && \${COMP_WORDS[i]} != = || $i -gt 2 && \${COMP_WORDS[i-2]}\${COMP_WORDS[i-1]} == --profile= ]] && profile=\${COMP_WORDS[i]}
    case "$path \${COMP_WORDS[i]}" in
      ${below.map(({ path }) => quoted(stepOf(path))).join('|')}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path:$prev" in
${commands.flatMap(({ path, flags }) => flags.filter(({ value }) => value !== 'none').map(({ names, choices }) => `    ${names.map(name => quoted(`${path}:${name}`)).join('|')}) ${choices.length > 0 ? `COMPREPLY=($(compgen -W ${quoted(choices.join('\n'))} -- "$cur")); ` : ''}return ;;`)).join('\n')}
  esac
  case "$path" in
${commands.map(command => `    ${quoted(command.path)}) if [[ $cur == -* ]]; then words=${quoted(command.flags.flatMap(({ names }) => names).join('\n'))}; else words=${quoted(wordsOf(command).join('\n'))}${command.peer ? '$(HUSHWIRE_PROFILE=$profile hushwire contacts --names 2>/dev/null)' : ''}; fi ;;`).join('\n')}
  esac
  while read -r name; do
    [[ -n $name && $name == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
  done <<< "$words"
}
complete -o default -F _hushwire hushwire
`
}

/** What a word makes of a path: ` id` at the top, `id new` below. */
function stepOf (path: string): string {
  return path.includes(' ') ? path : ` ${path}`
}

function wordsOf ({ children, choices }: CompletedCommand): string[] {
  return [...children.map(({ name }) => name), ...choices]
}

function quoted (text: string): string {
  return text.includes('\n') ? `$'${text.replaceAll('\n', '\\n')}'` : `'${text}'`
}
