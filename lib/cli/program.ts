import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { COMMANDS, type CommandEntry } from './commands.js'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

const HELP = `
Two who want to talk:
  hushwire relay                         # somewhere both can reach; prints its address
  hushwire id new --relay ADDRESS --name Alice
  hushwire pair                          # shows an offer for the other side: hushwire pair 'OFFER'
  hushwire chat bob

Exit codes: 0 done, 1 failed, 2 used wrongly, 3 no relay, 4 no such peer or not there, 5 the profile is in use, 130 and 143 after a signal.`

/**
 * The program with its commands.
 *
 * @param loaded - whether a command is loaded whole; the others are there by name and description alone
 * @param options - `silent`: what is wrong with the arguments is thrown, and not written
 */
export async function program (loaded: (entry: CommandEntry) => boolean, { silent = false }: { readonly silent?: boolean } = {}): Promise<Command> {
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
  settle(all, 'hushwire', silent)
  return all
}

/** `hushwire help COMMAND`. Commander's own knows the commands at the top alone, and answers one that there is not with the help of all. */
function helpCommand (all: Command): Command {
  return new Command('help').description('Show the help of a command.').argument('[command...]', 'its name, such as tunnel expose')
    .action((names: string[]) => {
      let command = all
      for (const name of names) command = command.commands.find(one => one.name() === name) ?? command.error(`error: unknown command '${name}'`)
      command.help()
    })
}

/** Set for each command, since one that was added has settings of its own. */
function settle (command: Command, name: string, silent: boolean): void {
  command.exitOverride().showHelpAfterError(`${command.parent === null ? 'Flags follow the command. ' : ''}See ${name} --help.`)
  if (silent) command.configureOutput({ writeErr: () => {} })
  for (const child of command.commands) settle(child, `${name} ${child.name()}`, silent)
}
