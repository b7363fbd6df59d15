import { readFileSync } from 'node:fs'
import { Command, type CommanderError } from 'commander'
import { COMMANDS, type CommandEntry } from './commands.js'
import { nearest } from './nearest.js'
import { WrongUsage } from './terminal/wrong-usage.js'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

/** Commands whose stdout is for something else, and that tell programs on stderr; those below them have their own. */
const ON_STDERR: ReadonlySet<string> = new Set(['hushwire relay', 'hushwire ctr'])

const HELP = `
Two who want to talk:
  hushwire relay                         # somewhere both can reach; prints its address
  hushwire id new --relay ADDRESS --name Alice
  hushwire pair                          # shows an offer for the other side: hushwire pair 'OFFER'
  hushwire chat bob

Exit codes: 0 done, 1 failed, 2 used wrongly, 3 no relay, 4 no such peer or not there, 5 the profile is in use, 130 and 143 after a signal.`

/**
 * The program with its commands. What is wrong with the arguments it throws as a {@link WrongUsage}, and writes nothing.
 *
 * @param loaded - whether a command is loaded whole; the others are there by name and description alone
 */
export async function program (loaded: (entry: CommandEntry) => boolean): Promise<Command> {
  const all = new Command('hushwire')
    .description('End-to-end encrypted messages, files and tunnels through a relay that can read none of them.')
    .version(version)
    .addHelpText('after', HELP)
    .helpCommand(false)
  for (const entry of COMMANDS) {
    const command = loaded(entry) ? await entry.load(() => program(() => true)) : new Command(entry.name).description(entry.description)
    all.addCommand(command.helpGroup(`${entry.group}:`))
  }
  all.addCommand(helpCommand(all).helpGroup('Other:'))
  settle(all, 'hushwire')
  return all
}

/** `hushwire help COMMAND`. Commander's own knows the commands at the top alone, and answers one that there is not with the help of all. */
function helpCommand (all: Command): Command {
  return new Command('help').description('Show the help of a command.').argument('[command...]', 'its name, such as tunnel expose')
    .action((names: string[]) => {
      let command = all
      for (const name of names) command = command.commands.find(one => one.name() === name) ?? unknown(command, name)
      command.help()
    })
}

/** Set for each command, since one that was added has settings of its own. */
function settle (command: Command, name: string): void {
  command.configureOutput({ outputError: () => {} }).exitOverride(error => {
    // help, be it asked for or shown where a command is missing, is told by itself
    if (error.exitCode === 0 || error.code === 'commander.help') throw error
    throw new WrongUsage(error.message, { command: name, advice: adviceOf(command, name, error), onStderr: ON_STDERR.has(name) })
  })
  if (command.commands.length > 0) refuseUnknown(command)
  for (const child of command.commands) settle(child, `${name} ${child.name()}`)
}

function adviceOf ({ parent, registeredArguments }: Command, name: string, { code }: CommanderError): string {
  const see = `See ${name} --help.`
  if (parent === null) return `Flags follow the command. ${see}`
  const takesFiles = registeredArguments.some(argument => ['file', 'dir'].includes(argument.name()))
  return code === 'commander.unknownOption' && takesFiles ? `A file whose name begins with a dash is given as ./-NAME. ${see}` : see
}

/** Commander tells of a command that there is not where one has to be given alone; where none is needed it counts arguments. */
function refuseUnknown (command: Command): void {
  command.on('command:*', ([name = '']: readonly string[]) => { unknown(command, name) })
  command.allowExcessArguments().hook('preAction', (_, acting) => {
    const [name] = acting.args
    if (acting === command && name !== undefined) unknown(command, name)
  })
}

function unknown (command: Command, name: string): never {
  const names = command.commands.map(child => child.name())
  const like = nearest(name, names)
  return command.error(`error: unknown command '${name}'; ${like === undefined ? `there are ${names.join(', ')}` : `is it ${like}?`}`)
}
