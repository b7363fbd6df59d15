import type { CompletedCommand, CompletedFlag } from './tree.js'

/** A completion for fish. */
export function fishCompletion (commands: readonly CompletedCommand[]): string {
  const below = commands.filter(({ path }) => path !== '')
  return `# fish completion of hushwire; keep it as ~/.config/fish/completions/hushwire.fish
function __hushwire_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
      case ${below.map(({ path }) => quoted(path.includes(' ') ? path : ` ${path}`)).join(' ')}
        set path (string trim -- "$path $word")
    end
  end
  test "$path" = "$argv[1]"
end

function __hushwire_peers
  set -lx HUSHWIRE_PROFILE $HUSHWIRE_PROFILE
  set -l before ''
  for word in (commandline -opc)
    test "$before" = --profile; and set HUSHWIRE_PROFILE $word
    string match -q -- '--profile=*' $word; and set HUSHWIRE_PROFILE (string replace -- '--profile=' '' $word)
    set before $word
  end
  hushwire contacts --names 2>/dev/null
end

${commands.map(linesOf).join('')}`
}

function linesOf ({ path, children, flags, peer, choices }: CompletedCommand): string {
  const begin = `complete -c hushwire -n '__hushwire_at "${path}"'`
  const lines = [
    ...children.map(({ name, about }) => `${begin} -f -a ${quoted(name)} -d ${quoted(about)}`),
    ...choices.map(choice => `${begin} -f -a ${quoted(choice)}`),
    ...peer ? [`${begin} -f -a '(__hushwire_peers)'`] : [],
    ...flags.map(flag => `${begin} ${flagOf(flag)}`)
  ]
  return lines.map(line => `${line}\n`).join('')
}

function flagOf ({ names, about, choices, value }: CompletedFlag): string {
  const named = names.map(name => name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`).join(' ')
  const after = value === 'none' ? '' : choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : value === 'file' ? ' -r -F' : ' -x'
  return `${named}${after} -d ${quoted(about)}`
}

function quoted (text: string): string { return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` }
