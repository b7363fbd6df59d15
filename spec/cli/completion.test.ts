import test from 'ava'
import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { completedCommands } from '../../lib/cli/completion/tree.js'
import { COMMANDS } from '../../lib/cli/commands.js'
import { program } from '../../lib/cli/program.js'
import { cleanUp, temporaryFolder, User } from './support.js'

const user = new User()
const script = async (shell: string): Promise<string> => (await user.run(['completion', shell])).stdout
const commands = completedCommands(await program(() => true))
test.after.always(cleanUp)

test.serial('bash completes commands, flags, choices, and names of contacts', async t => {
  const file = join(temporaryFolder(), 'completion.bash')
  const driver = `
hushwire () { printf '%s\\n' alice 'Bob B.' "o'neil" \${HUSHWIRE_PROFILE:+"of $HUSHWIRE_PROFILE"}; }
complete_ () { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hushwire; printf '%s|' "\${COMPREPLY[@]}"; echo; }
complete_ hushwire ''
complete_ hushwire id ''
complete_ hushwire id ne
complete_ hushwire id new --re
complete_ hushwire chat ''
complete_ hushwire chat --json --profile work B
complete_ hushwire chat --profile work o
complete_ hushwire chat --profile = work o
complete_ hushwire chat --profile w
complete_ hushwire chat --color a
complete_ hushwire chat --passphrase-file ''
complete_ hushwire completion z
complete_ hushwire relay inv
`
  await writeFile(file, `${await script('bash')}${driver}`)
  // as in a shell of who has it stop at what is not set
  const { stdout } = await promisify(execFile)('bash', ['-u', file])
  t.deepEqual(stdout.split('\n').slice(0, -1), [
    `${COMMANDS.map(({ name }) => name).join('|')}|help|`,
    'new|show|export|import|passphrase|relay|',
    'new|',
    '--relay|',
    "alice|Bob\\ B.|o\\'neil|",
    'Bob\\ B.|',
    "o\\'neil|of\\ work|",
    "o\\'neil|of\\ work|",
    '|',
    'auto|always|',
    '|',
    'zsh|',
    'invite|'
  ])
})

test.serial('the scripts of the other shells have every command and every flag', async t => {
  const [zsh, fish] = [await script('zsh'), await script('fish')]
  t.regex(zsh, /^#compdef hushwire\n/)
  for (const { path, children, flags } of commands) {
    t.true(zsh.includes(`_hushwire${path === '' ? '' : `_${path.replaceAll(' ', '_')}`} () {`), path)
    for (const { name } of children) {
      t.true(zsh.includes(`        ${name}) `), name)
      t.true(fish.includes(` -f -a '${name}' -d `), name)
    }
    for (const flag of flags.flatMap(({ names }) => names)) {
      t.true(zsh.includes(flag), flag)
      t.true(fish.includes(flag.startsWith('--') ? `-l ${flag.slice(2)} ` : `-s ${flag.slice(1)} `), flag)
    }
  }
  // a shell may stop at what is not set
  t.notRegex(zsh, /\$HUSHWIRE_PROFILE/)
  // quotes of either are in pairs
  t.is(fish.replaceAll("\\'", '').split("'").length % 2, 1)
})

const PEERS = "printf '%s\\n' alice ${HUSHWIRE_PROFILE:+\"of $HUSHWIRE_PROFILE\"}"

/** What a shell writes; undefined where there is no such shell. */
async function written (shell: string, source: string): Promise<string | undefined> {
  const folder = temporaryFolder()
  const [file, hushwire] = [join(folder, 'script'), join(folder, 'hushwire')]
  await writeFile(file, source)
  // what asks for names finds this
  await writeFile(hushwire, `#!/bin/sh\n${PEERS}\n`, { mode: 0o755 })
  const { stdout, error } = spawnSync(shell, [file], { encoding: 'utf8', env: { HOME: folder, PATH: `${folder}:${process.env['PATH'] ?? ''}`, TERM: 'dumb' } })
  if ((error as { code?: string } | undefined)?.code === 'ENOENT') return undefined
  return stdout
}

test.serial('zsh and fish complete names of contacts, of the profile that is named', async t => {
  const [zsh, fish] = [await script('zsh'), await script('fish')]
  const asked = await written('zsh', `compdef () { }\n_arguments () { }\n${zsh}
compadd () { print -rl -- \${(P)2}; print . }
typeset -A opt_args
_hushwire_peers
opt_args[--profile]=work
_hushwire_peers
`)
  t.true(asked === undefined || asked === 'alice\n.\nalice\nof work\n.\n', asked)
  const completed = await written('fish', `${fish}
for line in 'hushwire chat ' 'hushwire chat --profile work ' 'hushwire chat --profile=work --json '
  complete -C $line
  echo .
end
`)
  t.true(completed === undefined || completed === 'alice\n.\nalice\nof work\n.\nalice\nof work\n.\n', completed)
  // where they are not there, at least that they ask for it
  t.regex(zsh, /HUSHWIRE_PROFILE=\$\{opt_args\[--profile\]:-\$\{HUSHWIRE_PROFILE-\}\} hushwire contacts --names/)
  for (const line of fish.split('\n').filter(each => each.includes('contacts --names'))) t.is(line, '  hushwire contacts --names 2>/dev/null')
})

test.serial('the table says of each command what it says of itself, and a shell that is none is refused', async t => {
  for (const entry of COMMANDS) {
    const command = await entry.load(() => program(() => true))
    t.is(command.name(), entry.name)
    t.is(command.description(), entry.description)
  }
  const wrong = await user.run(['completion', 'tcsh'])
  t.is(wrong.code, 2)
  t.regex(wrong.stderr, /Allowed choices are bash, zsh, fish/)
})

test.serial('the help has every command, in groups, and examples', async t => {
  const help = await user.run(['--help'])
  t.is(help.code, 0)
  for (const { name, group } of COMMANDS) t.regex(help.stdout, new RegExp(`^${group}:\\n(?:.+\\n)*  ${name} `, 'm'))
  t.regex(help.stdout, /Two who want to talk:/)
  for (const { path } of commands) t.is((await user.run([...path.split(' ').filter(Boolean), '--help'])).code, 0, path)
  t.is((await user.run(['help'])).stdout, help.stdout)
  t.is((await user.run(['help', 'tunnel', 'expose'])).stdout, (await user.run(['tunnel', 'expose', '--help'])).stdout)
  for (const path of [['nosuch'], ['tunnel', 'nosuch']]) {
    const wrong = await user.run(['help', ...path])
    t.is(wrong.code, 2)
    t.regex(wrong.stderr, /unknown command 'nosuch'/)
  }
  t.regex((await user.run(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  t.is((await user.run([])).code, 2)
})
