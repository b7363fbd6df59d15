import { createIdentity, type Identity } from '../../lib/nova/index.js'
import { startRelay, type Relay, type RelayEvent, type RelayOptions } from '../../lib/relay/server/index.js'
import { Channel } from '../../lib/stream/index.js'

/** A relay for tests, and who it is. */
export interface Server {
  readonly relay: Relay
  readonly identity: Identity
  readonly events: RelayEvent[]
  /** Resolves when an event has been told, or was before. */
  happened<Type extends RelayEvent['type']>(type: Type, count?: number): Promise<Extract<RelayEvent, { type: Type }>>
}

export async function serve (options: Partial<RelayOptions> = {}): Promise<Server> {
  const { identity = createIdentity(), onEvent, ...rest } = options
  const events: RelayEvent[] = []
  const watchers = new Set<Channel<RelayEvent>>()
  const relay = await startRelay({
    identity,
    onEvent: event => {
      events.push(event)
      for (const watcher of watchers) void watcher.push(event)
      onEvent?.(event)
    },
    ...rest
  })
  return {
    relay,
    identity,
    events,
    async happened (type, count = 1) {
      const watcher = new Channel<RelayEvent>({ maxItems: Infinity })
      watchers.add(watcher)
      try {
        let left = count
        for (const event of events) if (event.type === type && --left === 0) return event as never
        for await (const event of watcher) if (event.type === type && --left === 0) return event as never
        throw new Error('unreachable')
      } finally {
        watchers.delete(watcher)
      }
    }
  }
}
