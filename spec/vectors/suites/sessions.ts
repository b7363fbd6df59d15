import { strict as assert } from 'node:assert'
import { fromHex } from '../../../lib/bytes/index.js'
import { crypto } from '../../../lib/crypto/index.js'
import { openSeedBody, sealSeedBody, SeedSessionKey } from '../../../lib/nova/index.js'
import { join } from '../../../lib/stream/index.js'
import { refused, sameBytes, section, type Check, type Load, type Suite } from '../check.js'
import { novaKey } from '../keys.js'
import { chunksOf, collectBytes, sourceOf } from '../streams.js'

interface Entry {
  name: string
  /** The body, in hex or in base64. */
  body?: string
  bodyBase64?: string
  /** The payload, whole or by its length and digest. */
  plaintextUtf8?: string
  plaintextSha256?: string
  plaintextLength?: number
}

/** Compression may differ, so bodies are checked by opening them; what is sealed here, by opening it again. */
export const sessionsSuite: Suite = {
  name: 'sessions',
  * checks (load) {
    yield * section<Entry>(load, 'nova.json', 'sessions', (entry, label) => checksOf(load, entry, label))
    yield * section<Entry>(load, 'nova.json', 'brokenSessions', (entry, label) => brokenChecksOf(load, entry, label))
  }
}

function * checksOf (load: Load, entry: Entry, label: string): Generator<Check> {
  for (const chunk of [Infinity, 1000, 1]) {
    yield { name: `${label}: open, in chunks of ${chunk}`, run: async () => { checkPlaintext(entry, await openBody(load, bodyOf(entry), chunk)) } }
  }
  yield { name: `${label}: seal and open again`, run: async () => {
    const plaintext = await openBody(load, bodyOf(entry))
    const key = new SeedSessionKey(novaKey(load, 'Kcc'))
    const body = await collectBytes(sealSeedBody(sourceOf(plaintext), key))
    key.destroy()
    checkPlaintext(entry, await openBody(load, body))
  } }
  yield { name: `${label}: no shorter body is taken`, run: async () => {
    const body = bodyOf(entry)
    for (const length of cuts(body.byteLength)) await refused(() => openBody(load, body.subarray(0, length)))
    await refused(() => openBody(load, join([body, Uint8Array.of(0)])))
  } }
}

function * brokenChecksOf (load: Load, entry: Entry, label: string): Generator<Check> {
  for (const chunk of [Infinity, 1]) {
    yield { name: `${label}: refused, in chunks of ${chunk}`, run: () => refused(() => openBody(load, bodyOf(entry), chunk)) }
  }
}

/** The message of a body that comes in chunks of a length. */
export async function openBody (load: Load, body: Uint8Array, chunk = Infinity): Promise<Uint8Array> {
  const key = new SeedSessionKey(novaKey(load, 'Kcc'))
  try {
    return await collectBytes(openSeedBody(chunksOf(body, chunk), key))
  } finally {
    key.destroy()
  }
}

function bodyOf (entry: Entry): Uint8Array {
  assert.ok(entry.body !== undefined || entry.bodyBase64 !== undefined, 'the entry has no body')
  return entry.body !== undefined ? fromHex(entry.body) : Uint8Array.from(atob(entry.bodyBase64 ?? ''), character => character.charCodeAt(0))
}

function checkPlaintext (entry: Entry, plaintext: Uint8Array): void {
  assert.ok(entry.plaintextUtf8 !== undefined || entry.plaintextSha256 !== undefined, 'the entry has no plaintext')
  if (entry.plaintextUtf8 !== undefined) assert.equal(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext), entry.plaintextUtf8)
  if (entry.plaintextLength !== undefined) assert.equal(plaintext.byteLength, entry.plaintextLength)
  if (entry.plaintextSha256 !== undefined) sameBytes(crypto.sha256.digest(plaintext), entry.plaintextSha256)
}

/** A few dozen lengths below the whole: all of a short body, both ends of a long one. */
function cuts (length: number): number[] {
  const all = Array.from({ length }, (_, cut) => cut)
  return length <= 64 ? all : [...all.slice(0, 32), ...all.slice(-32)]
}
