#!/usr/bin/env node
import { CommanderError } from 'commander'
import { program } from './program.js'
import { watchStdout } from './terminal/stdout.js'
import { WrongUsage } from './terminal/wrong-usage.js'

const USAGE = 2
const ignore = (): void => {}

watchStdout()
// reports that nobody reads end nothing
process.stderr.on('error', ignore)

const given = process.argv.slice(2)
const asked = new Set(given)
// behind -- stand arguments alone
const json = given.slice(0, asked.has('--') ? given.indexOf('--') : undefined).includes('--json')

try {
  const hushwire = await program(({ name }) => asked.has(name))
  await hushwire.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError || error instanceof WrongUsage)) throw error
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : USAGE
  if (error instanceof WrongUsage) (await import('./terminal/usage.js')).tellUsage(error, json)
}
