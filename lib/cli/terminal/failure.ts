import { failureCode, messageOf } from '../errors.js'
import { certificateAdvice } from './certificate.js'
import { listenAdvice } from './listening.js'
import { Situation } from './situation.js'

/** How a command ends, as the shell sees it. */
export const EXIT = {
  done: 0,
  /** Something failed that is none of the following. */
  failed: 1,
  /** The command, the profile, the passphrase or a file cannot be used as it is given. */
  usage: 2,
  /** The relay is not reached, is another one, or does not admit us. */
  relay: 3,
  /** The peer is unknown, or not there. */
  peer: 4,
  /** Another process uses the profile, or has taken its place at the relay. */
  busy: 5,
  SIGINT: 130,
  /** Nobody reads what it prints. */
  SIGPIPE: 141,
  SIGTERM: 143
} as const

type Advice = string | ((situation: Situation) => string)
type Known = readonly [exit: number, advice: Advice]

const NOT_REACHED: Advice = ({ fresh, where, own }) => fresh
  ? `The offer is for the relay at ${where}: look whether that can be reached from here, and ask who made the offer whether it runs.`
  : `Look whether the relay runs${where === undefined ? '' : ` at ${where}`}, and at its address, from the scheme (ws: is not tcp:) to the port: ${own('id show')}; --relay tries another one.`
const NO_RELAY: Advice = ({ fresh, where }) => fresh
  ? `The offer is for the relay at ${where}, and what listens there is none: ask who made the offer.`
  : `What listens ${where === undefined ? 'there' : `at ${where}`} is no relay, or is reached another way: tcp: or tls: for its TCP port, ws: or wss: for that of WebSockets. hushwire relay prints the whole address; --relay tries another one.`
const NO_ROOM = 'Make room on the disk, then give the command again.'
const NEW_OFFER = ({ offer }: Situation): string => `Whoever made it makes another one with: ${offer?.maker ?? 'hushwire pair'}.`
const AWAY = 'They must have hushwire running: hushwire chat leaves messages for those who are away.'
const NO_FOLDER: Advice = ({ own }) => `Look at the folder of the profile: ${own('id show')}; it must be one that this user can write to.`

/** Of each code that people meet: the exit code, and what to do. */
const KNOWN: Readonly<Record<string, Known>> = {
  ERR_CLI_OPTION: [EXIT.usage, 'See --help.'],
  ERR_CLI_PROFILE: [EXIT.usage, ({ own }) => `Make one with: ${own('id new --relay ADDRESS')}, or ${own('pair OFFER')}.`],
  ERR_CLI_RELAY: [EXIT.usage, 'hushwire relay prints the address at its start, such as tcp://host:7411/#KEY; give it to --relay.'],
  ERR_RELAY_ADDRESS: [EXIT.usage, 'hushwire relay prints it at its start, such as tcp://host:7411/#KEY; in quotes, since # begins a comment in some shells.'],
  ERR_CLI_CONFIG: [EXIT.usage, ({ own }) => `Mend the file, or make it anew with: ${own('id relay ADDRESS')}.`],
  ERR_CLI_IDENTITY: [EXIT.usage, 'Put back a copy with: hushwire id import FILE --profile NAME.'],
  ERR_CLI_FILE: [EXIT.usage, 'Look at its path, its owner and its mode.'],
  ERR_CLI_SPACE: [EXIT.failed, NO_ROOM],
  ERR_CLI_EXISTS: [EXIT.usage, 'Choose another name; for a profile with --profile NAME.'],
  ERR_CLI_PASSPHRASE: [EXIT.usage, ''],
  ERR_CLI_NAME: [EXIT.usage, 'A name has 1 to 64 characters and does not look like an id.'],
  ERR_CLI_PEER: [EXIT.peer, ({ own }) => `See ${own('contacts')}; ${own('pair')} makes new ones.`],
  ERR_CLI_EXPIRED: [EXIT.peer, 'Give the command again; --expires makes an offer last longer.'],
  ERR_CLI_ECHO: [EXIT.failed, 'They run another program, or another version of it.'],
  ERR_CLI_BUSY: [EXIT.busy, 'End it first, or give this command a profile of its own: --profile NAME.'],
  ERR_RELAY_TAKEN_OVER: [EXIT.busy, 'The same identity is in use on another machine or in a copy of this profile: give one of them an identity of its own.'],
  ERR_TRANSPORT_REFUSED: [EXIT.relay, NOT_REACHED],
  ERR_TRANSPORT_CONNECT: [EXIT.relay, NOT_REACHED],
  ERR_TRANSPORT_CONNECT_TIMEOUT: [EXIT.relay, NOT_REACHED],
  ERR_TRANSPORT_RESET: [EXIT.relay, NOT_REACHED],
  ERR_TRANSPORT_FAILED: [EXIT.relay, NOT_REACHED],
  ERR_TRANSPORT_PROTOCOL: [EXIT.relay, NO_RELAY],
  ERR_HANDSHAKE_TIMEOUT: [EXIT.relay, NO_RELAY],
  ERR_TRUNCATED: [EXIT.relay, NO_RELAY],
  ERR_FRAME_MAGIC: [EXIT.relay, NO_RELAY],
  ERR_RELAY_FULL: [EXIT.relay, 'Try again later.'],
  ERR_RELAY_RATE: [EXIT.relay, 'Try again in a minute.'],
  ERR_RELAY_URL: [EXIT.usage, 'The address of a relay begins with ws:, wss:, tcp: or tls:.'],
  ERR_IDENTITY_REFUSED: [EXIT.relay, ({ fresh, where, own }) => fresh ? `The relay at ${where} has another key than the one of the offer: somebody may stand between, or it was set up anew. Ask who made the offer.` : `The relay there has another key than the one we know: somebody may stand between, or it was set up anew. Ask who runs it for its address, and only then: ${own('id relay ADDRESS')}.`],
  ERR_RELAY_INVITE: [EXIT.relay, 'The relay asks for an invite: ask who runs it (hushwire relay invite), and give it to --invite.'],
  ERR_RELAY_NOT_REGISTERED: [EXIT.relay, ({ fresh, own }) => fresh ? `It admits those alone whose id it was told: make a profile first (${own('id new --relay ADDRESS')}), and ask who runs the relay for its address, and to admit the id.` : `Ask who runs the relay to admit this id: ${own('id show')}.`],
  ERR_RELAY_UNAVAILABLE: [EXIT.relay, 'Try again later, and tell who runs the relay if that goes on: its disk may be full.'],
  ERR_RELAY_SHUTDOWN: [EXIT.relay, 'Try again later.'],
  ERR_RELAY_OFFLINE: [EXIT.peer, AWAY],
  ERR_RELAY_TARGET_GONE: [EXIT.peer, AWAY],
  ERR_RESET_GONE: [EXIT.failed, 'The connection was lost; give the command again.'],
  ERR_RESET_REFUSED: [EXIT.peer, 'They do not take this now: they have to run the other side of the command, and to have paired with us.'],
  ERR_RELAY_UNKNOWN_TARGET: [EXIT.peer, 'The relay does not know them: they use another relay, or have not connected yet.'],
  ERR_RELAY_NO_PREKEY: [EXIT.peer, 'They have to connect once more before they can be written to.'],
  ERR_RELAY_NOT_ACCEPTED: [EXIT.peer, ({ own }) => `Pair with them first: ${own('pair')}.`],
  ERR_RELAY_QUOTA: [EXIT.failed, 'As much waits for them as the relay takes: send again when they have read some.'],
  ERR_OFFER_TEXT: [EXIT.usage, ({ offer }) => /^\s*https?:/i.test(offer?.given ?? '') ? 'The part of the link behind # is missing or is no offer: give the link whole, in quotes.' : 'An offer begins with hushwire: and is given whole, in quotes.'],
  ERR_OFFER_VERSION: [EXIT.usage, 'Both sides need the same version of hushwire.'],
  ERR_OFFER_RELAY: [EXIT.usage, 'It is for another relay than the one of this profile: pair in a profile of its own with --profile NAME.'],
  ERR_OFFER_PEER: [EXIT.peer, NEW_OFFER],
  ERR_OFFER_EXPIRED: [EXIT.peer, NEW_OFFER],
  ERR_OFFER_REFUSED: [EXIT.peer, NEW_OFFER],
  ERR_OFFER_UNANSWERED: [EXIT.peer, ({ own }) => `Give the same command again while a command of theirs runs. An offer that was used before, or whose time is over, may never be answered: then whoever made it runs its command again, and you take the new offer. Meanwhile they stand in ${own('contacts')}, where forget takes them away.`],
  ERR_OFFER_TOKEN: [EXIT.peer, situation => `The offer is used up or too late. ${NEW_OFFER(situation)}`],
  ERR_STORE_SPACE: [EXIT.failed, NO_ROOM],
  ERR_STORE_FAILED: [EXIT.failed, NO_ROOM],
  ERR_STORE_OPEN: [EXIT.failed, NO_FOLDER],
  ERR_STORE_READ_ONLY: [EXIT.failed, NO_FOLDER],
  ERR_STORE_VERSION: [EXIT.failed, 'The profile was written by a newer hushwire: use that one.'],
  ERR_FILES_PATH: [EXIT.usage, 'What Windows alone does not take goes with --any-name on both sides.'],
  ERR_FILES_DUPLICATE: [EXIT.usage, ''],
  ERR_FILES_LIMIT: [EXIT.usage, ''],
  ERR_FILES_DECLINED: [EXIT.peer, ''],
  ERR_FILES_STOPPED: [EXIT.peer, ''],
  ERR_FILES_NO_ANSWER: [EXIT.peer, 'Give the command again when they are there; --wait makes it wait longer.'],
  ERR_FILES_UNREACHABLE: [EXIT.peer, '--wait makes it wait longer.'],
  ERR_FILES_EXISTS: [EXIT.failed, 'Who receives can give --overwrite or --rename.'],
  ERR_TIMEOUT: [EXIT.failed, 'Try again; the connection or the other side is slow.'],
  ENOSPC: [EXIT.failed, NO_ROOM],
  EDQUOT: [EXIT.failed, NO_ROOM]
}

/** The codes that have an exit code of their own, or advice. */
export const KNOWN_CODES: readonly string[] = Object.keys(KNOWN)

/** Why a command failed, for people and programs. */
export interface Failure {
  /** Ours or the platform's. */
  readonly code: string
  readonly message: string
  /** What to do; empty when nothing is known. */
  readonly advice: string
  /** See {@link EXIT}. */
  readonly exit: number
}

const STOPS = ['SIGTERM', 'SIGPIPE'] as const

/** What an error is for who has typed the command. */
export function failureOf (error: unknown, situation: Situation = new Situation()): Failure {
  const code = failureCode(error)
  const message = messageOf(error)
  if (code === 'ERR_CLI_STOPPED') return { code, message, advice: '', exit: EXIT[STOPS.find(signal => message.endsWith(signal)) ?? 'SIGINT'] }
  if (code === 'ERR_TRANSPORT_LISTEN') return { code, message, advice: listenAdvice(error), exit: EXIT.failed }
  if (code === 'ERR_TRANSPORT_TLS') return { code, message, advice: certificateAdvice(error, situation), exit: EXIT.relay }
  const [exit, advice] = KNOWN[code] ?? [EXIT.failed, '']
  return { code, message, advice: typeof advice === 'string' ? advice : advice(situation), exit }
}
