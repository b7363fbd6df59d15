import { strict as assert } from 'node:assert'
import { fromHex, toHex } from '../../../lib/bytes/index.js'
import { cipher, frames, type CipherLayer, type Frame, type OpenedFrame } from '../../../lib/nova/index.js'
import { join } from '../../../lib/stream/index.js'
import { refused, sameBytes, section, type Check, type Load, type Suite } from '../check.js'
import { novaKey } from '../keys.js'
import { chunksOf, collectBytes, sourceOf } from '../streams.js'

interface Entry {
  packetNonce: number
  frameNonce: number
  isTerminating: boolean
  content: string
  plain: string
  sealed: string
  sealedObfuscated: string
}

export const framesSuite: Suite = {
  name: 'frames',
  checks: load => section<Entry>(load, 'nova.json', 'frames', (entry, label) => checksOf(load, entry, label))
}

function * checksOf (load: Load, entry: Entry, label: string): Generator<Check> {
  const sealing = (obfuscate: boolean): CipherLayer => cipher({ key: novaKey(load, 'Kcs'), obfuscate })
  yield { name: `${label}: encode plain`, run: async () => { sameBytes(await encoded(entry), entry.plain) } }
  yield { name: `${label}: encode sealed`, run: async () => { sameBytes(await encoded(entry, sealing(false)), entry.sealed) } }
  yield { name: `${label}: encode sealed and obfuscated`, run: async () => { sameBytes(await encoded(entry, sealing(true)), entry.sealedObfuscated) } }
  yield { name: `${label}: decode plain`, run: () => decodes(entry, entry.plain, false) }
  yield { name: `${label}: decode sealed`, run: () => decodes(entry, entry.sealed, true, () => sealing(false)) }
  yield { name: `${label}: decode sealed and obfuscated`, run: () => decodes(entry, entry.sealedObfuscated, true, () => sealing(true)) }
  yield { name: `${label}: nothing of a sealed frame can be changed`, run: () => authenticates(entry, () => sealing(false)) }
}

function plainFrame (entry: Entry): Frame {
  const content = fromHex(entry.content)
  const { packetNonce, frameNonce, isTerminating } = entry
  return { packetNonce, frameNonce, terminating: isTerminating, encrypted: false, size: content.byteLength, content: content.byteLength === 0 ? [] : [content] }
}

async function encoded (entry: Entry, hop?: CipherLayer): Promise<Uint8Array> {
  const source = sourceOf([plainFrame(entry)])
  const layer = frames({ obfuscation: hop?.obfuscation })
  return collectBytes(layer.encode()(hop === undefined ? source : hop.seal()(source)))
}

/** Whole, byte by byte and in odd chunks, always the same frame; and a stream that ends inside it is an error. */
async function decodes (entry: Entry, wire: string, encrypted: boolean, hop?: () => CipherLayer): Promise<void> {
  const bytes = fromHex(wire)
  for (const length of [bytes.byteLength, 1, 17]) {
    const [frame, ...more] = await opened(bytes, length, hop?.())
    assert.equal(more.length, 0, 'more than one frame')
    if (frame === undefined || 'error' in frame) return assert.fail(`it does not open: ${frame?.error.message ?? 'no frame'}`)
    assert.equal(frame.packetNonce, entry.packetNonce)
    assert.equal(frame.frameNonce, entry.frameNonce)
    assert.equal(frame.terminating, entry.isTerminating)
    assert.equal(frame.encrypted, encrypted)
    sameBytes(join(frame.content), entry.content)
  }
  await refused(() => opened(bytes.subarray(0, -1), bytes.byteLength, hop?.()))
}

async function opened (bytes: Uint8Array, chunk: number, hop?: CipherLayer): Promise<OpenedFrame[]> {
  const found: OpenedFrame[] = []
  const source = frames({ obfuscation: hop?.obfuscation }).decode()(chunksOf(bytes, chunk))
  for await (const batch of hop === undefined ? source : hop.open()(source)) {
    // a batch is only lent
    for (const frame of batch) found.push('error' in frame ? frame : { ...frame, content: frame.content.map(piece => piece.slice()) })
  }
  return found
}

/** One bit anywhere behind magic and size: the header is additional data, the content is ciphertext and tag. */
async function authenticates (entry: Entry, hop: () => CipherLayer): Promise<void> {
  const sealed = fromHex(entry.sealed)
  for (const at of [8, 11, 12, 15, 16, 18, sealed.byteLength - 1]) {
    const changed = sealed.slice()
    changed[at] = (changed[at] as number) ^ 1
    const [frame] = await opened(changed, changed.byteLength, hop())
    assert.ok(frame !== undefined && 'error' in frame && frame.error.code === 'ERR_CIPHER_OPEN', `byte ${at} of ${toHex(sealed.subarray(0, 18))} can be changed`)
  }
}
