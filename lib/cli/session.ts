import { setMaxListeners } from 'node:events'
import { PING_KIND, pingAnswers } from '../chat/index.js'
import type { Identity, VerifyPeer } from '../nova/index.js'
import { connect, parseRelayAddress, type Client, type ClientState, type ConnectOptions, type IncomingStream, type RelayAddress } from '../relay/index.js'
import type { Store, StoreReport } from '../store/index.js'
import { asError, ignore } from '../stream/index.js'
import type { ClientFlags } from './client-options.js'
import { tuneCollector } from './collector.js'
import { cliError, failureCode, messageOf } from './errors.js'
import { Names } from './names.js'
import { OwnConnection } from './own-connection.js'
import type { ProfileFolders } from './profile/folders.js'
import { holdStore } from './profile/holder.js'
import { privateFolder } from './profile/private-file.js'
import { loadProfile, openIdentity, type Profile } from './profile/profile.js'
import { failureOf } from './terminal/failure.js'
import type { Output } from './terminal/output.js'
import { plainLine } from './terminal/plain-text.js'
import { untilSignal } from './terminal/signals.js'

/** What no waiting mends where there was no connection before: another relay stands there, none does, or the certificate is no good. */
const UNMENDED: ReadonlySet<string> = new Set(['ERR_IDENTITY_REFUSED', 'ERR_FRAME_MAGIC', 'ERR_TRANSPORT_PROTOCOL', 'ERR_TRANSPORT_TLS'])

/** What a command that stands on the relay works with, until its `run` returns. */
export interface Session {
  /** Connected. Its `streams` are read already: see {@link Session.onStream}. Its `messages` are the command's. */
  readonly client: Client
  /** Whether that has a connection, and why not. */
  readonly connection: OwnConnection
  readonly names: Names
  readonly output: Output
  /** Aborts when the command is to end: Ctrl-C, SIGTERM, or what no other connection heals. */
  readonly signal: AbortSignal
  /** Of the profile; keys that begin with `cli/` and `relay/` are taken. */
  readonly store: Store
  readonly folders: ProfileFolders
  /** What the profile calls its owner. */
  readonly ownName: string | undefined
  /**
   * Gives the streams of a kind that others open to `take`, which accepts or refuses each. Before the first `await` of `run`, or
   * some may have been refused. Kinds that nobody takes are refused; `ping` is answered.
   */
  onStream(kind: bigint, take: (stream: IncomingStream) => void): void
}

/** A profile on its way to be used. */
export interface Opening {
  readonly folders: ProfileFolders
  readonly ownName: string | undefined
  readonly url: string
  readonly relay: Uint8Array | VerifyPeer
  /** Asked for when the store is ours; destroyed at the end. */
  identity(): Promise<Identity>
}

/** What a command asks for beside its flags. */
export interface SessionOptions {
  readonly flags: ClientFlags
  readonly output: Output
  /** The name of the command, which others are told while it has the profile. */
  readonly command: string
  /** Instead of the profile that the flags name. */
  readonly opening?: Opening | undefined
  /** What `connect` is given beside identity, relay and store. */
  readonly connect?: Partial<Omit<ConnectOptions, 'identity' | 'store' | 'signal' | 'onState'>> | undefined
}

/**
 * Opens the profile, connects, runs, and cleans up however that ends. The first Ctrl-C or SIGTERM aborts `signal` and waits for `run`; a
 * second one ends the process.
 *
 * @returns what `run` does, when it was not told to end
 * @throws what `run` does, ERR_CLI_STOPPED after a signal, what has ended the client, and what opening the profile and connecting does (as rejections)
 */
export async function withClient<T> (options: SessionOptions, run: (session: Session) => Promise<T>): Promise<T> {
  tuneCollector()
  const opening = options.opening ?? await openingOf(options.flags)
  options.output.situation.relay = opening.url
  return withStore(opening.folders, options, async store => {
    const identity = await opening.identity()
    const stop = untilSignal()
    setMaxListeners(0, stop.controller.signal)
    try {
      return await conversation({ ...options, opening, store, identity, stop: stop.controller }, run)
    } catch (error) {
      // what fails because it was told to end has ended
      throw stop.controller.signal.aborted ? asError(stop.controller.signal.reason) : error
    } finally {
      stop.off()
      identity.destroy()
    }
  })
}

/** Opens the store of a profile for as long as the work takes. @throws ERR_CLI_BUSY, what the store does, and what the work does (as rejections) */
export async function withStore<T> (folders: ProfileFolders, { output, command }: Pick<SessionOptions, 'output' | 'command'>, work: (store: Store) => Promise<T>): Promise<T> {
  await privateFolder(folders.data)
  const store = await holdStore(folders, { command, onReport: report => { output.warn(damage(report)) } })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The profile that the flags name. */
async function openingOf (flags: ClientFlags): Promise<Opening> {
  const profile = await loadProfile(flags.profile)
  return { ...relayOf(flags, profile), folders: profile.folders, ownName: profile.settings.name, identity: () => openIdentity(profile, flags) }
}

/** @throws ERR_CLI_RELAY where none is known, ERR_CLI_CONFIG when that of the profile cannot be used, and what `parseRelayAddress` does of the one that is given */
function relayOf (flags: ClientFlags, { folders, settings }: Profile): RelayAddress {
  if (flags.relay !== undefined) return parseRelayAddress(flags.relay)
  if (settings.relay === undefined) throw cliError('ERR_CLI_RELAY')
  try {
    return parseRelayAddress(settings.relay)
  } catch (error) {
    throw cliError('ERR_CLI_CONFIG', `${folders.settings}: relay: ${messageOf(error)}`, error)
  }
}

interface Parts extends SessionOptions {
  readonly opening: Opening
  readonly store: Store
  readonly identity: Identity
  readonly stop: AbortController
}

async function conversation<T> ({ flags, output, opening, store, identity, stop, connect: more }: Parts, run: (session: Session) => Promise<T>): Promise<T> {
  const connection = new OwnConnection()
  const tell = connectionTeller(output, opening.url, more?.wait === false ? error => { stop.abort(error) } : undefined)
  const onState = (state: ClientState): void => {
    connection.changed(state)
    tell(state)
  }
  const client = await dial({ ...more, url: opening.url, relay: opening.relay, identity, store, invite: inviteOf(flags.invite), onState }, stop.signal)
  client.closed.catch((error: unknown) => { stop.abort(asError(error)) })
  try {
    const takers = new Map<bigint, (stream: IncomingStream) => void>([[PING_KIND, pingAnswers()]])
    const names = await Names.load(store, client.contacts)
    const running = run({ client, connection, names, output, signal: stop.signal, store, folders: opening.folders, ownName: opening.ownName, onStream: (kind, take) => { takers.set(kind, take) } })
    handOut(client.streams, takers).catch(ignore)
    const result = await running
    stop.signal.throwIfAborted()
    return result
  } finally {
    output.status()
    await client.close()
  }
}

/** Connects; a signal gives up only until there is a connection, since what has begun is finished later. */
async function dial (options: ConnectOptions, signal: AbortSignal): Promise<Client> {
  const dialling = new AbortController()
  const giveUp = (): void => { dialling.abort(signal.reason) }
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await connect({ ...options, signal: dialling.signal })
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

async function handOut (streams: AsyncIterable<IncomingStream>, takers: ReadonlyMap<bigint, (stream: IncomingStream) => void>): Promise<void> {
  for await (const stream of streams) {
    const take = takers.get(stream.kind)
    if (take === undefined) stream.refuse()
    else take(stream)
  }
}

/** @throws ERR_CLI_OPTION */
function inviteOf (text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined
  const invite = new Uint8Array(Buffer.from(text, 'base64url'))
  if (invite.byteLength !== 32) throw cliError('ERR_CLI_OPTION', '--invite is what hushwire relay invite prints, 43 characters')
  return invite
}

/**
 * Tells what becomes of the connection.
 *
 * @param onWrong - of a command that waits for its first connection: told of what no waiting mends
 */
export function connectionTeller (output: Output, url: string, onWrong?: (error: Error) => void): (state: ClientState) => void {
  let stood = false
  let lost = false
  let warned = false
  return state => {
    if (state.type === 'connecting' && !stood && !lost && output.interactive) output.status(`connecting to ${plainLine(url)} …`)
    if (state.type === 'waiting' && !stood && onWrong !== undefined && UNMENDED.has(failureCode(state.error))) onWrong(state.error)
    else if (state.type === 'waiting' && (stood || onWrong !== undefined)) {
      // what waiting may mend, it may be waited for in vain: a wrong port, say
      const code = failureCode(state.error)
      const advice = !stood && !lost || !warned && UNMENDED.has(code) ? failureOf(state.error, output.situation).advice : ''
      lost = true
      warned ||= UNMENDED.has(code)
      const when = state.delay < 500 ? 'at once' : `in ${Math.round(state.delay / 1000)} s`
      const message = plainLine(messageOf(state.error))
      output.event('connection', { state: 'waiting', code, message, delay: Math.round(state.delay) })
      output.status(`no connection to the relay (${code}: ${message}); trying again ${when}`)
      if (advice !== '') output.note(advice)
    }
    if (state.type !== 'connected') return
    output.event('connection', { state: 'connected' })
    output.status()
    if (lost) output.note(stood ? 'connected to the relay again' : 'connected to the relay')
    stood = true
    lost = false
    warned = false
  }
}

function damage (report: StoreReport): string {
  if (report.type === 'record-damaged') return 'a record of the store was damaged; it was put into quarantine, the others are served'
  if (report.type === 'file-damaged') return `the store was damaged; it is kept at ${report.kept}, and ${report.records} records of it are served`
  return 'the store is older than it was: a copy was put back, or its log was cut'
}
