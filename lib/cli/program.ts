import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { COMMANDS, type CommandEntry } from './commands.js'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

/**
 * The program with its commands.
 *
 * @param loaded - whether a command is loaded whole; the others are there by name and description alone
 */
export async function program (loaded: (entry: CommandEntry) => boolean): Promise<Command> {
  const all = new Command('hushwire')
    .description('Secure channels and their relay from the command line.')
    .version(version)
  for (const entry of COMMANDS) {
    const command = loaded(entry) ? await entry.load() : new Command(entry.name).description(entry.description)
    all.addCommand(command.helpGroup(`${entry.group}:`))
  }
  settle(all, 'hushwire')
  return all
}

/** Set for each command, since one that was added has settings of its own. */
function settle (command: Command, name: string): void {
  command.exitOverride().showHelpAfterError(`See ${name} --help.`)
  for (const child of command.commands) settle(child, `${name} ${child.name()}`)
}
