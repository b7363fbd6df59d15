import { Command, InvalidArgumentError } from 'commander'
import { asError } from '../stream/index.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { measureMachine } from './bench/machine.js'
import type { Measurement } from './bench/measurement.js'
import { measurePeer } from './bench/peer.js'
import { withClient } from './session.js'
import { EXIT } from './terminal/failure.js'
import type { Output } from './terminal/output.js'
import { untilSignal } from './terminal/signals.js'

interface Flags extends ClientFlags {
  readonly seconds: number
}

const HELP = `
  hushwire bench                    # what this machine can do: no profile and no network needed
  hushwire bench alice              # through the relay to alice and back, while a command of hers runs
  hushwire bench alice --seconds 10 --json

Rates are in 10^6 bytes a second. The relay of the first form runs in this process, with both clients: between machines each has a
processor of its own. Beside other programs the figures are lower.`

/** `hushwire bench [PEER]`: how fast it is here. */
export function benchCommand (): Command {
  return clientOptions(new Command('bench').description('Measure this machine, or the way to a peer and back.').argument('[peer]', 'name, id, or the beginning of an id'))
    .option('--seconds <number>', 'for each measurement', seconds, 2)
    .addHelpText('after', HELP)
    .action(action((flags: Flags, [peer], output, command) => {
      if (peer === undefined) return ofMachine(flags.seconds, output)
      return withClient({ flags, output, command }, session => tell(measurePeer(session, session.names.resolve(peer), flags.seconds), output))
    }))
}

function seconds (text: string): number {
  const value = Number(text)
  if (!(value >= 0.1 && value <= 600)) throw new InvalidArgumentError('It must be from 0.1 to 600.')
  return value
}

async function ofMachine (seconds: number, output: Output): Promise<number> {
  const { controller: { signal }, off } = untilSignal()
  try {
    return await tell(measureMachine(seconds, signal), output)
  } catch (error) {
    // what fails because it was told to end has ended
    throw signal.aborted ? asError(signal.reason) : error
  } finally {
    off()
  }
}

async function tell (measurements: AsyncIterable<Measurement>, output: Output): Promise<number> {
  output.status('measuring …')
  for await (const { name, text, value, unit } of measurements) {
    output.event('measured', { name, value, unit })
    output.line(`${text.padEnd(44)} ${shown(value).padStart(9)} ${unit}`)
  }
  output.status()
  return EXIT.done
}

function shown (value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
