#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { Demonstration } from './demo/demonstration.js'
import { demoError } from './demo/errors.js'
import { demoCode } from './demo/failure.js'
import { say, silence, storyteller, summary } from './demo/output.js'
import { GENERATED_BYTES, generatedFile, givenFile, type DemoFile } from './demo/sample-file.js'
import { messageOf } from './errors.js'
import { stdoutLost, watchStdout } from './terminal/stdout.js'

/** Exit codes: something went wrong or differs; the command makes no sense; a signal came. */
const FAILED = 1
const USAGE = 2
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
/** Seconds that everything but the file may take, and bytes of it a second at the least. */
const BASE_SECONDS = 60
const SLOWEST = 8_388_608

interface Options {
  file?: string
  size: number
  json?: true
  postQuantum?: true
  timeout?: number
}

function number (text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}

function seconds (text: string): number {
  const value = number(text)
  if (value === 0 || value > 2_000_000) throw new InvalidArgumentError('It must be from 1 to 2000000.')
  return value
}

function options (): Options {
  return new Command('demo')
    .description('A relay and two clients, each a process: they chat and send a file that the relay cannot read.')
    .option('--file <path>', 'the file to send; without it one is made of text and random bytes')
    .option('--size <bytes>', 'bytes of the file that is made', number, GENERATED_BYTES)
    .option('--post-quantum', 'hybrid handshakes with ML-KEM-768, with the relay and between the clients')
    .option('--json', 'print one JSON object and nothing else')
    .option('--timeout <seconds>', `time for everything; ${BASE_SECONDS} s and 1 s for each 8 MiB unless given`, seconds)
    .exitOverride()
    .parse()
    .opts<Options>()
}

async function main ({ file: path, size, json, postQuantum, timeout }: Options): Promise<number> {
  const narrator = json === true ? silence() : storyteller()
  const stop = new AbortController()
  const end = (): void => { stop.abort(demoError('ERR_DEMO_STOPPED')) }
  let stopped: number | undefined
  const onSignal = (signal: keyof typeof SIGNALS): void => {
    stopped = SIGNALS[signal]
    end()
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  stdoutLost.addEventListener('abort', end)
  let file: DemoFile | undefined
  try {
    file = path === undefined ? await generatedFile(size, stop.signal) : await givenFile(path)
    stop.signal.throwIfAborted()
    const outcome = await new Demonstration(file, narrator, postQuantum === true).run({
      timeout: 1000 * (timeout ?? BASE_SECONDS + file.bytes / SLOWEST),
      signal: stop.signal
    })
    narrator.end()
    // who has pressed Ctrl-C knows why it is not whole
    if (json === true) say(JSON.stringify(outcome))
    else if (stopped === undefined) say(summary(outcome))
    return stopped ?? (outcome.ok ? 0 : FAILED)
  } catch (error) {
    if (stopped === undefined) throw error
    return stopped
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await file?.remove()
    // a channel to who started this program would keep it from ending
    if (process.connected) process.disconnect()
  }
}

watchStdout()

try {
  process.exitCode = await main(options())
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE
  } else {
    process.stderr.write(`${demoCode(error)}: ${messageOf(error)}\n`)
    process.exitCode = demoCode(error) === 'ERR_DEMO_FILE' ? USAGE : FAILED
  }
}
