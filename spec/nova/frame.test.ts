import test from 'ava'
import { decodeHeader, encodeHeader, HEADER_LENGTH, MAX_FRAME, MAX_PLAINTEXT, TAG_LENGTH, type FrameHeader } from '../../lib/nova/index.js'
import { codeOf } from '../support/sources.js'

const HEADER: FrameHeader = { packetNonce: 0x01020304, frameNonce: 0x05060708, terminating: true, encrypted: false, size: 0x0A0B }

const codeOfDecode = (bytes: Uint8Array): Promise<string> => codeOf(Promise.resolve().then(() => decodeHeader(bytes)))

test('the header as the page lays it out', t => {
  const bytes = encodeHeader(HEADER)
  t.is(Buffer.from(bytes).toString('hex'), '4e4f5641' + '00000a0b' + '05060708' + '01020304' + '01' + '00')
  t.is(bytes.byteLength, HEADER_LENGTH)
  t.deepEqual(decodeHeader(bytes), HEADER)
})

test('written and read at an offset, nothing else touched', t => {
  const into = new Uint8Array(HEADER_LENGTH + 6).fill(0xAA)
  t.is(encodeHeader(HEADER, into, 3), into)
  t.deepEqual(into.subarray(0, 3), new Uint8Array(3).fill(0xAA))
  t.deepEqual(into.subarray(HEADER_LENGTH + 3), new Uint8Array(3).fill(0xAA))
  t.deepEqual(decodeHeader(into, 3), HEADER)
})

test('numbers with the top bit set', t => {
  const header: FrameHeader = { packetNonce: 0xFFFF_FFFF, frameNonce: 0x8000_0000, terminating: false, encrypted: true, size: MAX_FRAME - HEADER_LENGTH }
  t.deepEqual(decodeHeader(encodeHeader(header)), header)
})

test('a frame and its tag fit 1 MiB exactly', t => {
  t.is(HEADER_LENGTH + MAX_PLAINTEXT + TAG_LENGTH, MAX_FRAME)
  t.is(MAX_FRAME, 2 ** 20)
})

test('all 256 values of each flag byte: 0 and 1 are flags, the rest is refused', async t => {
  for (const offset of [16, 17]) {
    for (let value = 0; value < 256; value++) {
      const bytes = encodeHeader(HEADER)
      bytes[offset] = value
      if (value > 1) t.is(await codeOfDecode(bytes), 'ERR_FRAME_FLAG', `byte ${offset} = ${value}`)
      else t.is(decodeHeader(bytes)[offset === 16 ? 'terminating' : 'encrypted'], value === 1)
    }
  }
})

test('every other value of every byte of the magic is refused', async t => {
  for (let offset = 0; offset < 4; offset++) {
    for (let change = 1; change < 256; change++) {
      const bytes = encodeHeader(HEADER)
      bytes[offset] = (bytes[offset] as number) ^ change
      t.is(await codeOfDecode(bytes), 'ERR_FRAME_MAGIC')
    }
  }
})

test('sizes up to the limit, and none beyond', async t => {
  const most = MAX_FRAME - HEADER_LENGTH
  t.is(decodeHeader(encodeHeader({ ...HEADER, size: most })).size, most)
  for (const size of [most + 1, MAX_FRAME, 2 ** 31, 2 ** 32 - 1]) t.is(await codeOfDecode(encodeHeader({ ...HEADER, size })), 'ERR_FRAME_SIZE')
})
