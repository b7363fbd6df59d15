import { Option, type Command } from 'commander'
import { Output } from './terminal/output.js'

/** Flags of every command that has a profile. */
export interface ClientFlags {
  readonly profile?: string
  readonly passphraseFile?: string
  readonly relay?: string
  readonly invite?: string
  readonly json?: true
  readonly quiet?: true
  readonly color?: 'auto' | 'always' | 'never'
}

/** Gives a command the flags of a profile and of output. @returns the same command */
export function profileOptions (command: Command): Command {
  return command
    .option('--profile <name>', 'whose identity, contacts and messages (HUSHWIRE_PROFILE, else default)')
    .option('--json', 'one JSON object a line on stdout, see docs/cli.md')
    .option('--quiet', 'only results and errors')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
}

/** Gives a command the flags of all that need the private keys: the others refuse a passphrase, which would seem to protect what they do. @returns the same command */
export function identityOptions (command: Command): Command {
  return profileOptions(command)
    .option('--passphrase-file <file>', 'the passphrase of the identity is its first line (else HUSHWIRE_PASSPHRASE, else asked for)')
}

/** Gives a command the flags of all that connect to the relay. @returns the same command */
export function clientOptions (command: Command): Command {
  return identityOptions(command)
    .option('--relay <address>', 'another relay than the one of the profile, this time')
    .option('--invite <token>', 'what admits us to a relay that asks for invites, the first time')
}

/**
 * What a command does, as an action of commander: failures are told in a sentence, and end in the exit code of the kind.
 *
 * @param run - given the flags that the command declares, the arguments, what to tell by, and the name of the command; gives the exit code unless it is 0
 */
export function action (run: (flags: never, args: readonly string[], output: Output, name: string) => Promise<unknown>): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command
    const flags: ClientFlags = command.optsWithGlobals()
    const name = fullName(command)
    const output = new Output({ ...flags, command: name })
    try {
      const exit = await run(flags as never, command.args, output, name)
      process.exitCode = typeof exit === 'number' ? exit : 0
    } catch (error) {
      process.exitCode = output.failed(error)
    } finally {
      output.end()
    }
  }
}

/** The names of a command and those above it, without the program's. */
function fullName (command: Command): string {
  const above = command.parent
  return above === null || above.parent === null ? command.name() : `${fullName(above)} ${command.name()}`
}
