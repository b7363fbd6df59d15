import { strict as assert } from 'node:assert'
import { fromHex } from '../../lib/bytes/index.js'
import type { Load } from './check.js'

/** A key that all entries of nova.json are under: `Kcs` of the hop, `Kcc` of sessions. */
export function novaKey (load: Load, name: 'Kcs' | 'Kcc'): Uint8Array {
  const key = load<{ keys?: Record<string, string> }>('nova.json')?.keys?.[name]
  assert.ok(key !== undefined, `nova.json has no key ${name}`)
  return fromHex(key)
}
