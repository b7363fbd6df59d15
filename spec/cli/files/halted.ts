import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import type { Run } from '../support.js'

/** The environment of a command that reads no file beyond these offsets until it is told to: what it sends cannot be over before a test has seen the middle of it. */
export function haltedAt (...offsets: readonly number[]): NodeJS.ProcessEnv {
  return { HALTED_AT: offsets.join(), NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'halting-reads.js')).href}` }
}

/** Lets it read up to the next one of its offsets. */
export function goOn (run: Run): void { run.process.kill('SIGUSR2') }
