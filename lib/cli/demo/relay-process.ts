import { mlKem768 } from '../../noise/hybrid.js'
import { createIdentity, type RoutedHeader } from '../../nova/index.js'
import { startRelay, type Relay } from '../../relay/server/index.js'
import { measureMemory } from './memory-use.js'
import { SecretSearch } from './secrets.js'
import { runWorker, type Desk, type Work } from './worker.js'

/** The relay, which looks through everything that it carries for what it must not be able to read. */
function relayWork (desk: Desk): Work {
  const memory = measureMemory()
  const identity = createIdentity()
  const streams = new WeakMap<RoutedHeader, (bytes: Uint8Array) => void>()
  let relay: Relay | undefined
  let search = new SecretSearch([])
  let secrets = 0
  let packets = 0
  let bytes = 0
  let finishing = false

  const look = (header: RoutedHeader, piece: Uint8Array): void => {
    let stream = streams.get(header)
    if (stream === undefined) {
      packets++
      stream = search.stream()
      streams.set(header, stream)
    }
    bytes += piece.byteLength
    stream(piece)
  }

  return {
    obey: async order => {
      if (order.type === 'relay') {
        secrets = order.secrets.length
        search = new SecretSearch(order.secrets.map(secret => Buffer.from(secret, 'base64')))
        relay = await startRelay({
          identity,
          postQuantum: order.postQuantum ? { mode: 'required', kem: mlKem768 } : undefined,
          tcp: {},
          onBytes: look,
          onEvent: event => {
            // the end of a link is authenticated: without an error it was its client's will
            if (event.type === 'disconnected' && event.error !== undefined && !finishing) desk.fail(event.error)
          }
        })
        desk.report({ type: 'listening', port: relay.tcp?.port ?? 0, relayKey: Buffer.from(identity.publicKey).toString('base64') })
      } else if (order.type === 'finish') {
        finishing = true
        await relay?.close()
        desk.report({ type: 'ended', memory: memory(), sight: { packets, bytes, secrets, found: search.found, canFind: search.selfTest() } })
        desk.end()
      }
    },
    // in order also when it has failed: whoever is still there is told that the other one has left
    release: async () => {
      finishing = true
      await relay?.close()
      identity.destroy()
    }
  }
}

runWorker(relayWork)
