#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { ignore } from '../stream/index.js'
import { ctrCommand } from './ctr.js'
import { relayCommand } from './relay.js'

const USAGE = 2

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
const program = new Command('hushwire')
  .description('Secure channels and their relay from the command line.')
  .version(version)
  .addCommand(ctrCommand())
  .addCommand(relayCommand())

// set for each command, since a command that was added has settings of its own
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  command.exitOverride().showHelpAfterError('See hushwire --help, hushwire ctr --help and hushwire relay --help.')
}

// a reader that has gone, as of `--help | head`; what a command writes there, it looks after itself
process.stdout.on('error', ignore)
// and reports that nobody reads end nothing
process.stderr.on('error', ignore)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : USAGE
}
