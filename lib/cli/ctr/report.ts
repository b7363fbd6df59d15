import { hostAndPort } from '../../transport/host-and-port.js'
import { failureCode, messageOf } from '../errors.js'
import { listenAdvice } from '../terminal/listening.js'

/** What the command tells on stderr; stdout is for the bytes. */
export interface Report {
  listening(host: string, port: number): void
  connected(host: string, port: number): void
  warning(text: string): void
  ended(counts: Counts, seconds: number): void
  /** @param exit - the exit code */
  failed(error: unknown, exit: number, counts: Counts): void
}

/** Bytes of payload that have gone each way. */
export interface Counts {
  sent: number
  received: number
}

/** What a person can do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR_CLI_OPTION: 'See hushwire ctr --help.',
  ERR_CLI_SECRET: 'Give the file that the other side has too; the first of them is made with: head -c 32 /dev/urandom > FILE; chmod 600 FILE',
  ERR_CTR_FIRST_FRAME: 'Compare the two secret files (sha256sum FILE), and that this command is at the other end.',
  ERR_CTR_SAME_ROLE: 'Start one side with --role top and the other with --role bottom.',
  ERR_CTR_END: 'What came before is as it was sent, but it is not all of it.',
  ERR_CTR_TRUNCATED: 'What came before is as it was sent, but it is not all of it.',
  ERR_CTR_MAC: 'Something on the way changes bytes. What came before is as it was sent.',
  ERR_CTR_CHECKSUM: 'Something on the way changes bytes. What came before is as it was sent.',
  ERR_HANDSHAKE_TIMEOUT: 'The other end is no such peer, or too slow: see --timeout.',
  ERR_TRANSPORT_REFUSED: 'Nobody listens there yet: start the other side with --listen first.',
  ERR_TRANSPORT_CONNECT: 'Look at the host and port.',
  ERR_TRANSPORT_CONNECT_TIMEOUT: 'Look at the host and port, and at firewalls; see --timeout.',
  ERR_TRANSPORT_RESET: 'The other side broke off; its own message says why (another secret, the same role, a signal).'
}

function adviceOf (error: unknown): string | undefined {
  const code = failureCode(error)
  return code === 'ERR_TRANSPORT_LISTEN' ? listenAdvice(error) : ADVICE[code]
}

/** Sentences for people. */
export function plainReport (): Report {
  const say = (text: string): void => { process.stderr.write(`hushwire ctr: ${text}\n`) }
  return {
    listening: (host, port) => { say(`listening on ${hostAndPort({ host, port })}`) },
    connected: (host, port) => { say(`connected to ${hostAndPort({ host, port })}`) },
    warning: text => { say(`warning: ${text}`) },
    ended: () => {},
    failed: error => { say([`${failureCode(error)}: ${messageOf(error)}.`, adviceOf(error)].filter(Boolean).join(' ')) }
  }
}

/** One JSON object a line for machines; the last one is `ended` or `failed`. */
export function jsonReport (): Report {
  const say = (event: string, about: object): void => { process.stderr.write(`${JSON.stringify({ event, ...about })}\n`) }
  return {
    listening: (host, port) => { say('listening', { host, port }) },
    connected: (host, port) => { say('connected', { host, port }) },
    warning: text => { say('warning', { text }) },
    ended: (counts, seconds) => { say('ended', { ...counts, seconds }) },
    failed: (error, exit, counts) => { say('failed', { code: failureCode(error), message: messageOf(error), advice: adviceOf(error) ?? '', exit, ...counts }) }
  }
}
