import type { MessageStream, MultiaddrConnection, Stream, StreamMuxer } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import '../../bench/peers/with-resolvers.js'
import { novaMuxer, type NovaMuxerOptions } from '../../lib/libp2p/index.js'
import { deferred } from '../../lib/stream/deferred.js'
import type { Frame } from '../../lib/nova/index.js'
import { wireOf } from '../nova/support.js'

/** Two muxers over one connection, and each stream with its other end. */
export interface MuxerPair {
  readonly connections: [MultiaddrConnection, MultiaddrConnection]
  readonly dialler: StreamMuxer
  readonly listener: StreamMuxer
  /** Streams that the listener was given, in their order. */
  readonly accepted: Stream[]
  open(): Promise<[Stream, Stream]>
  close(): Promise<void>
}

export function muxerPair (options: NovaMuxerOptions = {}, connections = multiaddrConnectionPair()): MuxerPair {
  const factory = novaMuxer(options)()
  const [dialler, listener] = [factory.createStreamMuxer(connections[0]), factory.createStreamMuxer(connections[1])]
  const accepted: Stream[] = []
  const waiting: Array<(stream: Stream) => void> = []
  listener.addEventListener('stream', event => {
    accepted.push(event.detail)
    waiting.shift()?.(event.detail)
  })
  return {
    connections,
    dialler,
    listener,
    accepted,
    open: async () => {
      const other = new Promise<Stream>(resolve => { waiting.push(resolve) })
      return [await dialler.createStream(), await other]
    },
    close: async () => { await Promise.all([dialler.close(), listener.close()]) }
  }
}

/** Sends everything, as fast as the stream takes it, and ends the direction. */
export async function sendAll (stream: Stream, bytes: Uint8Array, chunk = 65_536): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += chunk) if (!stream.send(bytes.subarray(at, at + chunk))) await drained(stream)
  await stream.close()
}

/** Resolves when the stream can take more. */
export function drained (stream: MessageStream): Promise<void> {
  const done = deferred()
  stream.addEventListener('drain', () => { done.resolve() }, { once: true })
  stream.addEventListener('close', () => { done.resolve() }, { once: true })
  return done.promise
}

/** The error that a stream closes with, or undefined. */
export function closed (stream: MessageStream): Promise<Error | undefined> {
  return new Promise(resolve => { stream.addEventListener('close', event => { resolve(event.error) }, { once: true }) })
}

/** Bytes of a stream until its end. */
export async function length (stream: Stream): Promise<number> {
  let bytes = 0
  for await (const piece of stream) bytes += piece.byteLength
  return bytes
}

/** A muxer at the listening end, and the bare connection of who dialled. */
export function hostile (options: NovaMuxerOptions = {}): { muxer: StreamMuxer, wire: MultiaddrConnection, accepted: Stream[], send(...all: Frame[]): Promise<void> } {
  const [wire, connection] = multiaddrConnectionPair()
  const muxer = novaMuxer(options)().createStreamMuxer(connection)
  const accepted: Stream[] = []
  muxer.addEventListener('stream', event => { accepted.push(event.detail) })
  return { muxer, wire, accepted, send: async (...all) => { wire.send(await wireOf(all)) } }
}
