import { openHardenedBody, openSeedBody, ReceivingKey, sealHardenedBody, sealSeedBody, SendingKey, SeedSessionKey } from '../../../lib/nova/index.js'
import { FLUSH } from '../../../lib/zlib/index.js'
import type { MessageSource } from '../../../lib/nova/session/body.js'
import { join } from '../../../lib/stream/pieces.js'
import { KEY_ONE } from '../../nova/support.js'
import { collectList, route } from '../../nova/session/support.js'
import type { Random } from '../random.js'
import type { Input } from '../input.js'
import { holds, type Target } from '../target.js'

const MAX_INFLATED = 20_000
/** What is wrong with chunks. */
export const CHUNK_CODES = ['ERR_SESSION_EMPTY', 'ERR_SESSION_TRUNCATED', 'ERR_SESSION_NO_FINAL', 'ERR_SESSION_CHUNK_SIZE', 'ERR_SESSION_FINAL_FLAG', 'ERR_SESSION_TRAILING', 'ERR_SESSION_AUTH', 'ERR_ZLIB_OUTPUT_LIMIT']
export const EDGES = [16, 33, 65_536, 65_552]

/** A message in one chunk or several; now and then one that is not zlib, or holds too much. */
export function message (random: Random): MessageSource {
  if (random.nat(19) === 0) return [new Uint8Array(30_000)]
  return random.many(4, () => random.nat(2) === 0 ? FLUSH : random.content(400))
}

export async function opened (source: AsyncIterable<Uint8Array>): Promise<void> {
  const out: Uint8Array[] = []
  for await (const piece of source) out.push(piece)
  holds('output within its limit', join(out).byteLength <= MAX_INFLATED)
}

export const seedSession: Target = {
  name: 'nova.session.seed',
  backends: true,
  valid: random => collectList(sealSeedBody(message(random), new SeedSessionKey(KEY_ONE), { flush: 'marked' })),
  decode: (input: Input) => opened(openSeedBody(input.source(), new SeedSessionKey(KEY_ONE), { maxInflated: MAX_INFLATED })),
  codes: CHUNK_CODES,
  first: ['ERR_SESSION_EMPTY', 'ERR_SESSION_CHUNK_SIZE'],
  edges: EDGES,
  largest: bytes => 262_144 + 4 * bytes,
  total: bytes => 2 * 1_048_576 + 256 * bytes
}

export const hardenedSession: Target = {
  name: 'nova.session.hardened',
  backends: true,
  valid: random => collectList(sealHardenedBody(message(random), new SendingKey(KEY_ONE, { counter: random.nat(5) }), route)),
  decode: async (input: Input) => {
    const key = new ReceivingKey(KEY_ONE, { floor: 0 })
    await opened(openHardenedBody(input.source(), id => id[0] === key.id[0] ? key : undefined, route, { maxInflated: MAX_INFLATED }))
  },
  codes: [...CHUNK_CODES, 'ERR_SESSION_VERSION', 'ERR_SESSION_COUNTER', 'ERR_SESSION_UNKNOWN_KEY', 'ERR_SESSION_REPLAYED'],
  first: ['ERR_SESSION_EMPTY', 'ERR_SESSION_VERSION', 'ERR_SESSION_UNKNOWN_KEY'],
  edges: EDGES,
  largest: bytes => 262_144 + 4 * bytes,
  total: bytes => 2 * 1_048_576 + 256 * bytes
}
