import type { CompletedCommand, CompletedFlag } from './tree.js'

/** A completion for zsh. */
export function zshCompletion (commands: readonly CompletedCommand[]): string {
  return `#compdef hushwire
# zsh completion of hushwire; keep it as _hushwire in a folder of $fpath

_hushwire_peers () {
  local -a names
  names=(\${(f)"$(HUSHWIRE_PROFILE=\${opt_args[--profile]:-\${HUSHWIRE_PROFILE-}} hushwire contacts --names 2>/dev/null)"})
  compadd -a names
}

${commands.map(functionOf).join('\n')}
_hushwire "$@"
`
}

function functionOf (command: CompletedCommand): string {
  const specs = command.flags.map(specOf)
  const more = command.children.length > 0
    ? ["'1: :->command'", "'*:: :->rest'"]
    : [command.peer ? "'1:peer:_hushwire_peers'" : command.choices.length > 0 ? `'1: :(${command.choices.join(' ')})'` : '', "'*:file:_files'"].filter(Boolean)
  return `${nameOf(command.path)} () {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${[...specs, ...more].join(' \\\n    ')}
${command.children.length > 0 ? choiceOf(command) : ''}}
`
}

function choiceOf ({ path, children }: CompletedCommand): string {
  return `  case $state in
    command)
      local -a commands
      commands=(${children.map(({ name, about }) => quoted(`${name}:${about.replaceAll(':', '\\:')}`)).join(' ')})
      _describe command commands ;;
    rest)
      case $line[1] in
${children.map(({ name }) => `        ${name}) ${nameOf(`${path} ${name}`.trim())} ;;`).join('\n')}
      esac ;;
  esac
`
}

function specOf ({ names, about, choices, value }: CompletedFlag): string {
  const shown = about.replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:')
  const after = value === 'none' ? '' : choices.length > 0 ? `: :(${choices.join(' ')})` : value === 'file' ? ': :_files' : ': : '
  const [only = '', ...others] = names
  return others.length === 0 ? quoted(`${only}[${shown}]${after}`) : `{${names.join(',')}}${quoted(`[${shown}]${after}`)}`
}

function nameOf (path: string): string { return path === '' ? '_hushwire' : `_hushwire_${path.replaceAll(' ', '_')}` }

function quoted (text: string): string { return `'${text.replaceAll("'", "'\\''")}'` }
