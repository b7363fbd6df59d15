import { toHex, type Uuid } from '../bytes/index.js'
import type { Client, PeerStream } from '../relay/index.js'
import { asError, checkExpected, checkSignal, codeOf, FUNCTION, limitsOf, OBJECT, pause, streamError, type Expected } from '../stream/index.js'
import { filesError } from './errors.js'
import { isInterruption } from './interruption.js'
import { FILES_LIMITS, type CheckedFilesLimits, type FilesLimits } from './limits.js'
import { checkManifest, encodeManifest, transferId } from './manifest.js'
import { sendOver, type Outgoing } from './outgoing.js'
import type { NameRules } from './path.js'
import type { FilesProgress } from './progress.js'
import type { FileFailure } from './sending.js'
import { entryOf, type SourceFile } from './source-file.js'

/** The kind of a stream with files: `file` in ASCII. */
export const FILES_KIND = 0x66696c65n

/** What a sender is doing. */
export type SendState =
  /** A stream to the other side is being opened. */
  | { readonly type: 'opening' }
  /** The other side is asked whether it wants the files. */
  | { readonly type: 'asking' }
  /** It has said yes. */
  | { readonly type: 'sending' }
  /** The other side could not be reached, or was lost; the next try is in `delay` milliseconds. */
  | { readonly type: 'waiting', readonly error: Error, readonly delay: number }

/** Options of {@link sendFiles}. */
export interface SendOptions {
  /** Gives the transfer up: the other side keeps what has come, and the same call later goes on. */
  signal?: AbortSignal | undefined
  limits?: FilesLimits | undefined
  /** Which names are taken. Default `portable`. */
  names?: NameRules | undefined
  /** Called often, for each piece: draw at your own pace. */
  onProgress?: ((progress: FilesProgress) => void) | undefined
  /** Told what goes on, each try to reach the other side among it. */
  onState?: ((state: SendState) => void) | undefined
}

/** What came of a transfer, at its sender. */
export interface Sent {
  /** The name of the transfer, in hex. */
  readonly id: string
  /** Bytes and number of all files, those that were over there already among them. */
  readonly bytes: number
  readonly files: number
  /** Files that did not arrive; all others have, with the right hash. */
  readonly failures: readonly FileFailure[]
}

const OPTIONS: Readonly<Record<string, Expected>> = { limits: OBJECT, onProgress: FUNCTION, onState: FUNCTION }
const FIRST_DELAY = 200
const LONGEST_DELAY = 5000

/** What a stream cannot be opened for however often one tries. */
const FINAL: ReadonlySet<string> = new Set([
  'ERR_ARGUMENT', 'ERR_UUID', 'ERR_RELAY_CLIENT_CLOSED', 'ERR_RELAY_UNKNOWN_TARGET', 'ERR_RELAY_NOT_ACCEPTED', 'ERR_RELAY_STREAMS', 'ERR_RESET_REFUSED', 'ERR_RESET_FAILED', 'ERR_IDENTITY_REFUSED'
])

/**
 * Sends files to a peer, over one stream after another until all are there, or it could not be reached for `retryTimeout`.
 * What the peer has of the same files from an earlier call is not sent again.
 *
 * @param client - stays the caller's
 * @param files - in the order in which they go; nothing of them is read before the peer has said yes
 * @throws ERR_ARGUMENT, ERR_LIMIT_OPTION, ERR_FILES_PATH, ERR_FILES_DUPLICATE, ERR_FILES_LIMIT before anything is sent
 * @throws ERR_FILES_DECLINED, ERR_FILES_EXISTS, ERR_FILES_SPACE, ERR_FILES_STOPPED and others that the peer says no with
 * @throws ERR_FILES_NO_ANSWER, ERR_FILES_UNREACHABLE, ERR_FILES_PROTOCOL, the signal's reason, and what `PeerHandle.open` does
 * @example
 * ```ts
 * import type { Client } from 'hushwire/relay'
 * import { sendFiles } from 'hushwire/files'
 *
 * async function send (client: Client, peerId: Uint8Array, file: File) {
 *   const source = { path: file.name, size: file.size, modified: file.lastModified, open: (from: number) => file.slice(from).stream() }
 *   const { failures } = await sendFiles(client, peerId, [source], { onProgress: ({ bytes, size }) => { console.log(bytes / size) } })
 *   for (const { path, error } of failures) console.log(path, error.message)
 * }
 * ```
 */
export async function sendFiles (client: Pick<Client, 'id' | 'peer' | 'state'>, peerId: Uuid, files: readonly SourceFile[], options: SendOptions = {}): Promise<Sent> {
  checkExpected(options, OPTIONS)
  checkSignal(options.signal)
  if (!Array.isArray(files) || files.length === 0) throw streamError('ERR_ARGUMENT', 'files are a list with one or more')
  const limits = limitsOf(FILES_LIMITS, options.limits)
  const manifest = checkManifest(files.map(entryOf), limits, options.names)
  const encoded = encodeManifest(manifest)
  if (encoded.byteLength > limits.maxManifestBytes) throw filesError('ERR_FILES_LIMIT', `paths of more than ${limits.maxManifestBytes} bytes`)
  const failures = await new Sender(client, peerId, { files, manifest, encoded, limits, options }).run()
  return { id: toHex(transferId(client.id, peerId, encoded)), bytes: manifest.bytes, files: manifest.files, failures }
}

/** One stream after another. */
class Sender {
  readonly #client: Pick<Client, 'peer' | 'state'>
  readonly #peerId: Uuid
  readonly #outgoing: Outgoing
  readonly #limits: CheckedFilesLimits
  readonly #options: SendOptions
  #lastProgress = performance.now()
  #tries = 0
  /** The most bytes and files that one stream has brought there. */
  #most = { bytes: 0, files: 0 }

  constructor (client: Pick<Client, 'peer' | 'state'>, peerId: Uuid, { files, manifest, encoded, limits, options }: Pick<Outgoing, 'files' | 'manifest' | 'encoded' | 'limits'> & { options: SendOptions }) {
    this.#client = client
    this.#peerId = peerId
    this.#limits = limits
    this.#options = options
    this.#outgoing = {
      files,
      manifest,
      encoded,
      limits,
      checkpoints: new Map(),
      onAccepted: () => { options.onState?.({ type: 'sending' }) },
      onProgress: progress => {
        this.#progressed(progress)
        options.onProgress?.(progress)
      }
    }
  }

  async run (): Promise<FileFailure[]> {
    for (;;) {
      this.#options.signal?.throwIfAborted()
      const stream = await this.#open()
      const failures = stream === undefined ? undefined : await this.#send(stream)
      if (failures !== undefined) return failures
    }
  }

  /** Undefined when another try is worth it, which it has waited for. */
  async #open (): Promise<PeerStream | undefined> {
    this.#options.onState?.({ type: 'opening' })
    try {
      return await this.#client.peer(this.#peerId).open(FILES_KIND, { signal: this.#options.signal, timeout: this.#limits.openTimeout })
    } catch (error) {
      if (FINAL.has(codeOf(error) ?? '')) throw error
      return this.#wait(asError(error))
    }
  }

  async #send (stream: PeerStream): Promise<FileFailure[] | undefined> {
    this.#options.onState?.({ type: 'asking' })
    try {
      return await sendOver(stream, this.#outgoing, this.#options.signal)
    } catch (error) {
      if (!isInterruption(error)) throw error
      return this.#wait(asError(error))
    }
  }

  async #wait (error: Error): Promise<undefined> {
    this.#options.signal?.throwIfAborted()
    if (this.#client.state.type === 'closed') throw error
    if (performance.now() - this.#lastProgress >= this.#limits.retryTimeout) throw filesError('ERR_FILES_UNREACHABLE', undefined, error)
    const delay = Math.ceil(Math.min(FIRST_DELAY * 2 ** Math.min(this.#tries++, 10), LONGEST_DELAY) * (0.5 + Math.random() / 2))
    this.#options.onState?.({ type: 'waiting', error, delay })
    await pause(delay, this.#options.signal)
    return undefined
  }

  /** Only what no stream has brought before counts: a receiver that accepts and leaves each time would be tried for ever. */
  #progressed ({ bytes, files }: FilesProgress): void {
    if (bytes <= this.#most.bytes && files <= this.#most.files) return
    this.#most = { bytes: Math.max(bytes, this.#most.bytes), files: Math.max(files, this.#most.files) }
    this.#lastProgress = performance.now()
    this.#tries = 0
  }
}
