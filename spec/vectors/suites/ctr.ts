import { strict as assert } from 'node:assert'
import { fromHex } from '../../../lib/bytes/index.js'
import { crypto } from '../../../lib/crypto/index.js'
import { BLOCK_BYTES, connectionBlock, encodeHeader, FrameOpener, FrameSealer, HALF_BYTES, HEADER_BYTES, MacChain, NonceExchange, rotatedHalf, sharedBlock, SharedBlock, type CtrRole, type DirectionOptions } from '../../../lib/ctr/index.js'
import { refused, sameBytes, section, type Check, type Gap, type Load, type Suite } from '../check.js'

interface Half { key: string, iv: string, mac: string, bytes: string }
interface Block { top: Half, bottom: Half, bytes: string }
interface Frame { code: number, seq: number, payload: string, plainFrame: string, wire: string, stateAfter: string }
interface Frames { frames: Frame[] }

const FILE = 'ctr.json'

/** Every section of ctr.json, with the crypto backend in use. */
export const ctrSuite: Suite = {
  name: `ctr (${crypto.backend})`,
  * checks (load) {
    yield * section<Block>(load, FILE, 'block', block)
    yield * section<{ secret: string, block: string }>(load, FILE, 'derivedBlock', function * ({ secret, block }, label) {
      yield { name: label, run: () => { sameBytes(sharedBlock(fromHex(secret)), block) } }
      yield { name: `${label}: a secret of a block's length is the block`, run: () => { sameBytes(sharedBlock(fromHex(block)), block) } }
    })
    yield * section<{ secret: string, nonceTop: string, nonceBottom: string, block: string }>(load, FILE, 'connectionBlock', connection)
    yield * list(load, 'topToBottom', () => ({ half: halfOf(load, 'top') }))
    yield * list(load, 'bottomToTop', () => ({ half: halfOf(load, 'bottom') }))
    yield * section<Frames>(load, FILE, 'insecureStandardState', (entry, label) => direction(label, entry.frames, halfOf(load, 'top'), { insecureStandardState: true }))
    yield * section<Frames & { half: Half }>(load, FILE, 'counterWraps', (entry, label) => direction(label, entry.frames, fromHex(entry.half.bytes)))
    yield * section<Frames & { firstSeqDecimal: number }>(load, FILE, 'sequenceWraps', (entry, label) => direction(label, entry.frames, halfOf(load, 'top'), { firstSequence: entry.firstSeqDecimal }))
    yield * section<Frames & { rotateEvery: number }>(load, FILE, 'rotation', (entry, label) => direction(label, entry.frames, halfOf(load, 'top'), { rotateEvery: entry.rotateEvery }))
  }
}

function halfOf (load: Load, role: CtrRole): Uint8Array {
  const hex = load<{ block?: Block }>(FILE)?.block?.[role].bytes
  assert.ok(hex !== undefined, `${FILE} has no half ${role}`)
  return fromHex(hex)
}

/** A section that is a list of frames is one direction. */
function * list (load: Load, key: string, about: () => { half: Uint8Array }): Generator<Check | Gap> {
  const frames = load<Record<string, Frame[] | undefined>>(FILE)?.[key]
  // without entries, `section` says what is missing
  if (frames === undefined || frames.length === 0) yield * section(load, FILE, key, () => [])
  else yield * direction(key, frames, about().half)
}

function * block ({ top, bottom, bytes }: Block, label: string): Generator<Check> {
  yield { name: `${label}: halves`, run: () => {
    assert.equal(top.bytes + bottom.bytes, bytes)
    assert.equal(fromHex(bytes).byteLength, BLOCK_BYTES)
    for (const half of [top, bottom]) assert.equal(half.key + half.iv + half.mac, half.bytes)
  } }
  yield { name: `${label}: who sends with which half`, run: () => {
    for (const [role, send, receive] of [['top', top, bottom], ['bottom', bottom, top]] as const) {
      const halves = new SharedBlock(fromHex(bytes)).take(role)
      sameBytes(halves.send, send.bytes)
      sameBytes(halves.receive, receive.bytes)
    }
  } }
}

function * connection ({ secret, nonceTop, nonceBottom, block }: { secret: string, nonceTop: string, nonceBottom: string, block: string }, label: string): Generator<Check> {
  const [top, bottom] = [fromHex(nonceTop), fromHex(nonceBottom)]
  yield { name: label, run: () => { sameBytes(connectionBlock(fromHex(secret), { top, bottom }), block) } }
  yield { name: `${label}: from the exchange`, run: () => {
    for (const [role, ours, theirs, send] of [['top', top, bottom, 0], ['bottom', bottom, top, HALF_BYTES]] as const) {
      const exchange = new NonceExchange({ role, secret: fromHex(secret), nonce: ours })
      sameBytes(exchange.write(), role === 'top' ? nonceTop : nonceBottom)
      exchange.read(theirs)
      sameBytes(exchange.result().take(role).send, block.slice(2 * send, 2 * (send + HALF_BYTES)))
    }
  } }
}

function * direction (label: string, frames: readonly Frame[], half: Uint8Array, options: DirectionOptions = {}): Generator<Check> {
  const wire = frames.map(frame => frame.wire).join('')
  yield { name: `${label}: seal`, run: () => {
    const sealer = new FrameSealer(half, options)
    for (const { code, payload, wire } of frames) sameBytes(sealer.seal({ code, payload: fromHex(payload) }).subarray(), wire)
  } }
  const length = wire.length / 2
  // every length a chunk can have for the short ones, some for those that are long
  const chunks = length < 2000 ? Array.from({ length }, (_, at) => at + 1) : [1, 7, 15, 16, 17, 24, 64, 1000, 4096, length]
  yield { name: `${label}: open, in chunks of any length`, run: () => { for (const chunk of chunks) opens(fromHex(wire), frames, half, options, chunk) } }
  yield { name: `${label}: plain frames and states of the chain`, run: () => { chain(frames, half, options) } }
  yield { name: `${label}: a byte of each frame changed`, run: () => altered(frames, half, options) }
}

function opens (wire: Uint8Array, frames: readonly Frame[], half: Uint8Array, options: DirectionOptions, chunk: number): void {
  const opener = new FrameOpener(half, options)
  let count = 0
  for (let at = 0; at < wire.byteLength; at += chunk) {
    opener.push(wire.subarray(at, at + chunk))
    for (let found = opener.next(); found !== undefined; found = opener.next()) {
      const expected = frames[count++]
      assert.equal(found.code, expected?.code)
      sameBytes(found.payload.subarray(), expected?.payload ?? '')
    }
  }
  opener.end()
  assert.equal(count, frames.length)
}

/** The mac is the beginning of the state that the chain is in afterwards, and headers are written as they ought to be. */
function chain (frames: readonly Frame[], half: Uint8Array, { insecureStandardState = false, rotateEvery = Infinity }: DirectionOptions): void {
  const macs = (half: Uint8Array): MacChain => new MacChain(insecureStandardState ? undefined : half.subarray(48))
  let [current, mac] = [half, macs(half)]
  for (const [index, { code, seq, payload, plainFrame, stateAfter }] of frames.entries()) {
    if (index > 0 && index % rotateEvery === 0) {
      current = rotatedHalf(current, index / rotateEvery)
      mac = macs(current)
    }
    const [plain, body] = [fromHex(plainFrame), fromHex(payload)]
    sameBytes(encodeHeader({ length: body.byteLength, code, sequence: seq }), plainFrame.slice(0, 2 * HEADER_BYTES))
    mac.update(plain.subarray(0, HEADER_BYTES))
    for (let at = HEADER_BYTES; at < plain.byteLength - 8; at += 13) mac.update(plain.subarray(at, Math.min(at + 13, plain.byteLength - 8)))
    const state = mac.close()
    sameBytes(state, stateAfter)
    sameBytes(state.subarray(0, 8), plainFrame.slice(-16))
  }
}

async function altered (frames: readonly Frame[], half: Uint8Array, options: DirectionOptions): Promise<void> {
  for (const [index, { wire }] of frames.entries()) {
    for (const at of [0, 9, HEADER_BYTES - 1, wire.length / 2 - 1]) {
      const opener = new FrameOpener(half, options)
      const before = frames.slice(0, index).map(frame => frame.wire).join('')
      const bytes = fromHex(before + wire)
      const changed = before.length / 2 + at
      bytes[changed] = (bytes[changed] as number) ^ 0x20
      opener.push(bytes)
      for (let count = 0; count < index; count++) assert.notEqual(opener.next(), undefined)
      await refused(() => {
        // a length that was changed is more than has come, and then more than there is
        if (opener.next() === undefined) opener.end()
      })
    }
  }
}
