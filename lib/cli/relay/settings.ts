import { STACK_LIMITS } from '../../nova/index.js'
import { METRICS_LIMITS } from '../../relay/metrics/index.js'
import { ADMISSION_LIMITS, RELAY_LIMITS } from '../../relay/server/index.js'
import { DIRECTORY_LIMITS, MAILBOX_LIMITS } from '../../store/index.js'

/** What a value must be beside its type. */
export interface Rule {
  readonly fits: (value: unknown) => boolean
  /** What it must be, for people. */
  readonly words: string
}

/** One setting: its default, and what it is. The default says the type; a list of values, which there are. */
interface Setting<T> {
  readonly value: T
  readonly about: string
  readonly choices?: readonly string[]
  readonly rule?: Rule | undefined
}

function setting<T> (value: T, about: string, rule?: Rule): Setting<T> { return { value, about, rule } }

function choice<const T extends readonly string[]> (choices: T, about: string): Setting<T[number]> {
  return { value: choices[0] as T[number], about: `${about} One of: ${choices.join(', ')}.`, choices }
}

type Numbers<Table> = { readonly [Name in keyof Table]: Setting<number> }

/** The limits of a table of the code, under its names. */
function limits<Table extends Readonly<Record<string, number>>> (table: Table, about: Readonly<Record<keyof Table, string>>): Numbers<Table> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, setting(value, about[name] ?? '')])) as Numbers<Table>
}

function without<Table extends object, Name extends keyof Table> (table: Table, names: readonly Name[]): Omit<Table, Name> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !names.some(each => each === name))) as Omit<Table, Name>
}

/** What the system takes: others become some number there. */
const BACKLOG: Rule = { fits: value => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 0x7fffffff, words: 'a whole number from 1 to 2147483647' }
/** A path as it stands in a request. Two slashes at the beginning would be a host. */
const PATH: Rule = { fits: value => /^\/(?!\/)[\w\-.~!$&'()*+,;=:@%/]*$/.test(String(value)), words: '/ and what may follow it in a URL, without ? and #' }

/** Limits of links that do nothing on a hardened one, and a relay has no others. */
const SEED_ALONE = ['packetBytes', 'linkBytes', 'maxUnread', 'stallTimeout', 'maxFailures', 'replayWindow'] as const

/** Everything that can be set in `relay.toml`, section by section, in the order in which it is printed. */
export const SETTINGS = {
  '': {
    identity: setting('relay-identity', "The file with the relay's private keys; made with mode 0600 when it is not there."),
    presence: choice(['everyone', 'off'], 'Whether clients are told who is connected.'),
    postQuantum: choice(['off', 'offered', 'required'], 'Whether handshakes of connections are hybrid with ML-KEM-768: never, where the client asks for it, or else they fail.'),
    unknownTarget: choice(['error', 'drain'], 'What becomes of a live packet whose target is away: an error to its sender, or nothing.'),
    slowConsumer: choice(['disconnect', 'wait'], 'What becomes of a connection that takes nothing of what waits for it.')
  },
  'listen.tcp': {
    address: setting('127.0.0.1:7411', '[host:]port; port 0 is any that is free. Empty: not on TCP.'),
    url: setting('', 'What clients dial, where it is another: by a name, such as tls://relay.example:7411, or through a proxy. Part of the address that is shown.'),
    backlog: setting(511, 'Connections that may wait to be accepted.', BACKLOG)
  },
  'listen.websocket': {
    address: setting('', 'Likewise. Empty: no WebSockets.'),
    url: setting('', 'Likewise, such as wss://relay.example/.'),
    path: setting('/', 'The only path that is answered.', PATH),
    trustProxy: setting(false, 'Connections come through a proxy that appends the address to X-Forwarded-For, and nobody gets around it.')
  },
  page: {
    enabled: setting(true, 'Serve the web page beside the WebSockets: pair, chat and files in a browser.')
  },
  tls: {
    cert: setting('', 'Certificate and those that lead to a known authority, PEM. With it, TCP and WebSockets speak TLS; SIGHUP reads both files again.'),
    key: setting('', 'Its private key, PEM.')
  },
  store: {
    folder: setting('relay-data', 'A folder of its own for accounts and mail; made when it is not there.'),
    memory: setting(false, 'Keep both in memory instead: gone with the process.')
  },
  registration: {
    rule: choice(['open', 'invite', 'allowlist'], 'Who gets an account: everybody, who brings an invite (hushwire relay invite), or these ids.'),
    ids: setting([] as readonly string[], 'For allowlist: ids as UUIDs.')
  },
  limits: limits(RELAY_LIMITS, {
    maxConnections: 'Connections that stand or are in their handshake.',
    maxPending: 'Connections in their handshake.',
    creditBytes: 'Bytes that the windows of all packets of all connections may grow by together.',
    helloTimeout: 'Milliseconds until a connection must have said hello.',
    maxForwarding: 'Packets of one connection under way.',
    maxToOne: 'Live packets of one connection to one target under way.',
    turnTimeout: 'Milliseconds for which a live packet waits for its turn to that target.',
    maxIdle: 'Milliseconds without anything of a packet after which it gives way.',
    maxCorrespondents: 'Peers that are told of the end of one connection.',
    maxStoring: 'Messages of one connection that are being stored.',
    storingGrace: 'Milliseconds for which mail that is being stored is left alone; then the slowest gives way when there is no place.',
    maxUntaken: 'Messages that are delivered and not taken, a connection.',
    maxTaken: 'Positions that one request takes.',
    maxWatched: 'Ids that one connection watches.',
    heartbeatInterval: 'Milliseconds between two pings of a connection.',
    heartbeatTimeout: 'Milliseconds for the answer to a ping.',
    slowTimeout: 'Milliseconds for which a connection may take nothing of what waits for it.',
    expireInterval: 'Milliseconds between two clearings of mail that has run out.',
    drainTimeout: 'Milliseconds that SIGTERM waits for what is under way.'
  }),
  'limits.link': limits(without({ ...STACK_LIMITS, maxWaiting: 4096, maxIncoming: 256 }, SEED_ALONE), {
    maxIncoming: 'Packets of one connection in flight or unread; at most maxForwarding.',
    maxWindow: 'Bytes of the largest window of a packet.',
    poolBytes: 'Bytes that the windows of one link may grow by.',
    maxOutgoing: 'Packets in flight outward.',
    maxWaiting: 'Packets that wait to be sent; live ones may be half of them.',
    maxFrame: 'Content bytes of the largest frame that is sent.',
    closeTimeout: 'Milliseconds for the end of a link.',
    maxBytes: 'Content bytes of a key and direction.',
    rekeyFrames: 'Frames of a direction until the next key.',
    rekeyBytes: 'Bytes of a direction until the next key.',
    handshakeTimeout: 'Milliseconds for the handshake.'
  }),
  'limits.mailbox': limits(MAILBOX_LIMITS, {
    maxMessage: 'Bytes of one message as it is stored: compressed and sealed.',
    senderBytes: 'Bytes of one sender that wait.',
    senderMessages: 'Messages of one sender that wait.',
    recipientBytes: 'Bytes that wait for one recipient.',
    recipientMessages: 'Messages that wait for one recipient.',
    totalBytes: 'Bytes in all.',
    totalMessages: 'Messages in all.',
    maxPuts: 'Messages that are being stored at once.',
    partBytes: 'Bytes of a message in memory; at most 1048576.',
    maxLifetime: 'Milliseconds that a message is kept.',
    clockSkew: 'Milliseconds by which the clock may be wrong.',
    dedupWindow: 'Ids of each sender that are remembered.',
    dedupSenders: 'Senders whose ids are remembered.'
  }),
  'limits.directory': limits(DIRECTORY_LIMITS, {
    maxAccounts: 'Accounts.',
    maxPrekeys: 'One-time prekeys of an account.',
    handedWindow: 'Prekeys of an account remembered as handed out.',
    maxInvites: 'Invites that wait to be used.'
  }),
  'limits.admission': limits(ADMISSION_LIMITS, {
    addressConnections: 'Connections of one address; of IPv6, of one /64.',
    addressPending: 'Handshakes of one address at once.',
    addressHandshakes: 'Handshakes of one address a minute.',
    addressPackets: 'Packets a second of one address.',
    addressBytes: 'Bytes a second of one address; at more, it is read more slowly.',
    identityPackets: 'Packets a second of one identity.',
    identityBytes: 'Bytes a second of one identity; at more, it is read more slowly.',
    maxRefusals: 'Packets a minute of one identity that may be refused before it is cut off.',
    maxRemembered: 'Addresses, and identities, whose rates are remembered.'
  }),
  metrics: {
    address: setting('', '[host:]port of /metrics, /health and /ready, for this machine alone unless a host is given. Empty: none.'),
    ...limits(METRICS_LIMITS, { maxConnections: 'Connections at a time.', requestTimeout: 'Milliseconds for a request.' })
  },
  log: {
    level: choice(['info', 'debug', 'warn', 'error', 'fatal', 'silent'], 'What is told on stderr, in JSON.')
  }
} as const

type Values<Section> = { readonly [Name in keyof Section]: Section[Name] extends Setting<infer T> ? T extends number ? number : T extends boolean ? boolean : T : never }

/** A whole configuration. */
export type Settings = { readonly [Name in keyof typeof SETTINGS]: Values<(typeof SETTINGS)[Name]> }

/** Some of one. */
export type SomeSettings = { readonly [Name in keyof Settings]?: Partial<Settings[Name]> }

/** Given settings over others. */
export function withSettings (base: Settings, ...given: readonly SomeSettings[]): Settings {
  return Object.fromEntries(Object.entries(base).map(([name, section]) => [name, Object.assign({}, section, ...given.map(one => one[name as keyof Settings]))])) as Settings
}

/** The defaults. */
export function defaultSettings (): Settings {
  return Object.fromEntries(Object.entries(SETTINGS).map(([name, section]) => [name, Object.fromEntries(Object.entries(section).map(([key, { value }]) => [key, value as unknown]))])) as Settings
}
