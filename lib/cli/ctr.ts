import { Command, InvalidArgumentError, Option } from 'commander'
import { wipe } from '../crypto/index.js'
import { deferred } from '../stream/index.js'
import { dialTcp, listenTcp, type TcpConnection } from '../transport/tcp.js'
import { parseAddress } from './ctr/address.js'
import { pipeThrough } from './ctr/pipe.js'
import { jsonReport, plainReport, type Counts, type Report } from './ctr/report.js'
import { readSecret } from './ctr/secret-file.js'
import { cliError, failureCode } from './errors.js'

/** Exit codes: the connection or what came over it failed; the command makes no sense; a signal came. */
const FAILED = 1
const USAGE = 2
const USAGE_ERRORS: ReadonlySet<string> = new Set(['ERR_CLI_OPTION', 'ERR_CLI_SECRET'])
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

interface Options {
  listen?: string
  connect?: string
  secretFile: string
  role: 'top' | 'bottom'
  timeout: number
  json?: true
}

const HELP = `
Both sides have the same secret file, made once with: head -c 32 /dev/urandom > secret; chmod 600 secret
One side is top, the other bottom; who listens does not matter.

  hushwire ctr --listen 0.0.0.0:7000 --secret-file secret --role top > copy
  hushwire ctr --connect host:7000 --secret-file secret --role bottom < file

The end of stdin ends that direction; the other one goes on until its own end. The command ends when both have.
It ends with 0 only when all that the other side sent has come, and its end too; with 1 when something failed, 2 when the
command or the secret file cannot be used, 130 and 143 after SIGINT and SIGTERM.`

/** `hushwire ctr`: pipes stdin and stdout over CTR peer frames. */
export function ctrCommand (): Command {
  return new Command('ctr')
    .description('Pipe stdin and stdout to a peer with the same secret, encrypted (CTR peer frames over TCP).')
    .addOption(new Option('--listen <[host:]port>', 'wait for the peer here; 127.0.0.1 unless a host is given').conflicts('connect'))
    .option('--connect <[host:]port>', 'connect to the peer that listens there; on this machine unless a host is given')
    .requiredOption('--secret-file <file>', 'the secret that both have: 32 bytes of good randomness or more, taken as they are')
    .addOption(new Option('--role <role>', 'which half of the secret this side sends with').choices(['top', 'bottom']).makeOptionMandatory())
    .option('--timeout <seconds>', 'for connecting, then for the exchange of nonces, then for the first frame', seconds, 10)
    .option('--json', 'report on stderr in JSON, one object a line')
    .addHelpText('after', HELP)
    .action(async (options: Options) => { process.exitCode = await run(options) })
}

function seconds (text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 2_000_000)) throw new InvalidArgumentError('It must be more than 0, and at most 2000000.')
  return value
}

async function run (options: Options): Promise<number> {
  const report = options.json === true ? jsonReport() : plainReport()
  const stop = new AbortController()
  let stopped: number | undefined
  const onSignal = (signal: keyof typeof SIGNALS): void => {
    stopped = SIGNALS[signal]
    stop.abort(cliError('ERR_CLI_STOPPED', signal))
  }
  const counts: Counts = { sent: 0, received: 0 }
  const start = performance.now()
  try {
    if (options.listen === undefined && options.connect === undefined) throw cliError('ERR_CLI_OPTION', 'give --listen or --connect')
    const secret = await readSecret(options.secretFile, text => { report.warning(text) })
    // not before: to open a file can take for ever (a FIFO that nobody writes to), and only what a signal does by itself ends that
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
    await converse(options, secret, report, stop.signal, counts)
    report.ended(counts, (performance.now() - start) / 1000)
    return 0
  } catch (error) {
    const exit = stopped ?? (USAGE_ERRORS.has(failureCode(error)) ? USAGE : FAILED)
    report.failed(error, exit, counts)
    // what waits in stdout for a reader that has stopped would keep the process
    if (stopped !== undefined) process.exit(exit)
    return exit
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    // a read that is pending there would keep the process
    process.stdin.destroy()
  }
}

async function converse (options: Options, secret: Uint8Array, report: Report, signal: AbortSignal, counts: Counts): Promise<void> {
  try {
    const timeout = Math.ceil(options.timeout * 1000)
    const connection = options.listen === undefined
      ? await dial(options.connect ?? '', timeout, signal)
      : await accept(options.listen, report, signal)
    report.connected(connection.remote.host, connection.remote.port)
    await pipeThrough(connection, { role: options.role, secret, input: process.stdin, output: process.stdout, timeout, signal, counts })
  } finally {
    wipe(secret)
  }
}

async function dial (address: string, connectTimeout: number, signal: AbortSignal): Promise<TcpConnection> {
  const { host, port } = parseAddress(address)
  return dialTcp({ host, port, connectTimeout, signal })
}

/** The first one that comes is the peer; nobody else is let in. */
async function accept (address: string, report: Report, signal: AbortSignal): Promise<TcpConnection> {
  const { host, port } = parseAddress(address)
  const peer = deferred<TcpConnection>({ handled: true })
  const onAbort = (): void => { peer.reject(signal.reason) }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const listener = await listenTcp({ host, port, maxConnections: 1 }, peer.resolve)
  report.listening(listener.address.host, listener.port)
  try {
    return await peer.promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    await listener.close()
  }
}
