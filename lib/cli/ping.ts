import { Command, InvalidArgumentError } from 'commander'
import { setTimeout as pause } from 'node:timers/promises'
import { formatUuid } from '../bytes/index.js'
import { PING_LIMITS } from '../chat/index.js'
import type { Contact } from '../relay/index.js'
import { ignore } from '../stream/index.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { summaryOf } from './ping/summary.js'
import { Way } from './ping/way.js'
import { withClient, type Session } from './session.js'
import { EXIT, failureOf } from './terminal/failure.js'
import type { Output } from './terminal/output.js'

/** Seconds between two pings from which on each has a stream of its own: below it the other side keeps one. */
const LONG_INTERVAL = PING_LIMITS.idleTimeout / 2000

interface Flags extends ClientFlags {
  readonly count?: number
  readonly interval: number
  readonly timeout: number
}

const HELP = `
  hushwire ping alice               # until Ctrl-C
  hushwire ping alice -c 4 -i 0.2
  hushwire ping alice -c 1 --json

The hop is the way to the relay and back; end to end is through the relay to the peer and back, encrypted for the peer. Every
command that runs on the peer's profile answers, such as hushwire chat. While the peer is away its pings are lost, and the next one finds
it again. It ends with 0 when something came back, else with 4 when the peer is unknown or was not there for one of
the pings, and with 1 when none was lost for that.`

/** `hushwire ping PEER`: round trips. */
export function pingCommand (): Command {
  return clientOptions(new Command('ping').description('Measure round trips to the relay and to a peer.').argument('<peer>', 'name, id, or the beginning of an id'))
    .option('-c, --count <number>', 'how many; endless unless given', wholeNumber)
    .option('-i, --interval <seconds>', 'from one to the next', seconds, 1)
    .option('--timeout <seconds>', 'for each answer', seconds, 10)
    .addHelpText('after', HELP)
    .action(action((flags: Flags, [peer = ''], output, command) => withClient({ flags, output, command }, session => ping(session, peer, flags, output))))
}

function wholeNumber (text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.')
  return value
}

function seconds (text: string): number {
  const value = Number(text)
  if (!(value >= 0.01 && value <= 86_400)) throw new InvalidArgumentError('It must be from 0.01 to 86400.')
  return value
}

/**
 * Pings somebody until there were enough, or the command is to end.
 *
 * @returns the exit code
 * @throws ERR_CLI_PEER (as a rejection)
 */
export async function ping ({ client, connection, names, signal }: Pick<Session, 'client' | 'connection' | 'names' | 'signal'>, text: string, flags: Pick<Flags, 'count' | 'interval' | 'timeout'>, output: Output): Promise<number> {
  const peer = names.resolve(text)
  const way = new Way({ client, connection, signal }, peer.id, Math.ceil(flags.timeout * 1000))
  const rounds: Rounds = { hops: [], ends: [] }
  output.line(`ping ${peer.name} (${formatUuid(peer.id)}) through the relay`)
  let sent = 0
  /** Whether the peer was not there for one of them. */
  let away = false
  while (sent < (flags.count ?? Infinity) && !signal.aborted) {
    if (sent > 0) await pause(flags.interval * 1000, undefined, { signal }).catch(ignore)
    if (signal.aborted) break
    sent++
    try {
      const { hop, end } = await way.round()
      rounds.hops.push(hop)
      rounds.ends.push(end)
      output.event('ping', { number: sent, hop: rounded(hop), end: rounded(end) })
      output.line(`${sent}: hop ${shown(hop)}, end to end ${shown(end)}`)
      // they would have given it up when the next is due
      if (flags.interval >= LONG_INTERVAL) await way.close()
    } catch (error) {
      if (signal.aborted) break
      const { code, exit, advice } = failureOf(error, output.situation)
      output.event('lost', { number: sent, code })
      output.line(`${sent}: nothing came back (${code})`)
      // whom nothing has come back from may not be there for long
      if (!away && exit === EXIT.peer && rounds.ends.length === 0) output.note(advice)
      away ||= exit === EXIT.peer
    }
  }
  await way.close()
  summarise(peer, sent, rounds, output)
  return rounds.ends.length > 0 ? EXIT.done : away ? EXIT.peer : EXIT.failed
}

interface Rounds {
  readonly hops: number[]
  readonly ends: number[]
}

function summarise ({ id }: Contact, sent: number, { hops, ends }: Rounds, output: Output): void {
  output.event('summary', { peer: formatUuid(id), sent, received: ends.length, hop: summaryOf(hops), end: summaryOf(ends) })
  output.line(`${sent} sent, ${ends.length} back${summaryLine('hop', hops)}${summaryLine('end to end', ends)}`)
}

function summaryLine (what: string, rounds: readonly number[]): string {
  const summary = summaryOf(rounds)
  return summary === undefined ? '' : `; ${what} min/avg/max ${summary.min}/${summary.avg}/${summary.max} ms`
}

function rounded (milliseconds: number): number { return Math.round(milliseconds * 1000) / 1000 }

function shown (milliseconds: number): string { return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms` }
