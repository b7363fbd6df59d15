import { fromHex } from '../../lib/bytes/index.js'
import { cipher, frames, type CipherLayer, type Frame, type HopKey } from '../../lib/nova/index.js'
import { join } from '../../lib/stream/index.js'
import { contentOf } from './contents.js'
import type { RawFrame } from './job.js'

/** The wire of frames that may break the rules, as the Go peer writes them; a piece for each. */
export async function wireOf (raw: readonly RawFrame[], key: HopKey, { obfuscate = false, cut = 0 }: { obfuscate?: boolean | undefined, cut?: number | undefined } = {}): Promise<Uint8Array[]> {
  const sealing = cipher({ key, obfuscate })
  const plain = cipher({ handshakeFrames: Infinity })
  const pieces: Uint8Array[] = []
  for (const one of raw) {
    const wire = await frameOf(one, one.plain === true ? plain : sealing)
    if (one.flip !== undefined) wire[one.flip] = (wire[one.flip] as number) ^ 1
    if (one.header !== undefined) wire.set(fromHex(one.header))
    const rest = one === raw.at(-1) ? wire.subarray(0, wire.byteLength - cut) : wire
    for (let times = 0; times <= (one.repeat ?? 0); times++) pieces.push(rest)
  }
  sealing.destroy()
  return pieces
}

/** One frame under a cipher, through the layers that every link of ours has. */
async function frameOf ({ packetNonce, frameNonce, terminating = false, content = '', size }: RawFrame, hop: CipherLayer): Promise<Uint8Array> {
  const bytes = size === undefined ? fromHex(content) : contentOf({ seed: 0, size })
  const frame: Frame = { packetNonce, frameNonce, terminating, encrypted: false, size: bytes.byteLength, content: [bytes] }
  const one = async function * (): AsyncGenerator<Frame[]> { yield [frame] }
  const pieces: Uint8Array[] = []
  for await (const wire of frames({ obfuscation: hop.obfuscation }).encode()(hop.seal()(one()))) pieces.push(wire.slice())
  return join(pieces)
}
