import test from 'ava'
import { encodeData, encodeRecord, RECEIVERS, RecordReader, SENDERS, type FilesRecord } from '../../lib/files/records.js'
import { FILES_KIND } from '../../lib/files/index.js'
import { encodeManifest } from '../../lib/files/manifest.js'

// what docs/protocol.md says, by hand
const u8 = (...values: number[]): Uint8Array => Uint8Array.from(values)
const u32 = (value: number): Uint8Array => { const out = Buffer.alloc(4); out.writeUInt32BE(value); return out }
const u64 = (value: bigint): Uint8Array => { const out = Buffer.alloc(8); out.writeBigUInt64BE(value); return out }
const hash = new Uint8Array(32).fill(9)
const record = (type: number, ...parts: Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(parts)
  return new Uint8Array(Buffer.concat([u8(type), u32(body.byteLength), body]))
}

test('every record is the bytes that the protocol page says', t => {
  const all: Array<[FilesRecord, Uint8Array]> = [
    [{ type: 'offer', version: 1, manifest: u8(1, 2) }, record(1, u8(1, 1, 2))],
    [{ type: 'file', index: 7, from: 2 ** 40 }, record(2, u32(7), u64(2n ** 40n))],
    [{ type: 'data', bytes: u8(5, 6) }, record(3, u8(5, 6))],
    [{ type: 'sum', hash }, record(4, hash)],
    [{ type: 'skip', index: 7, code: 9 }, record(5, u32(7), u8(9))],
    [{ type: 'end' }, record(6)],
    [{ type: 'accept', done: u8(0xa0), parts: [{ index: 1, bytes: 3, hash }] }, record(16, u32(1), u8(0xa0), u32(1), u32(1), u64(3n), hash)],
    [{ type: 'refuse', code: 2, index: 0xffff_ffff }, record(17, u8(2), u32(0xffff_ffff))],
    [{ type: 'done', index: 7 }, record(18, u32(7))],
    [{ type: 'failed', index: 7, code: 10 }, record(19, u32(7), u8(10))],
    [{ type: 'finished' }, record(20)],
    [{ type: 'alive' }, record(32)]
  ]
  for (const [said, bytes] of all) {
    t.deepEqual(said.type === 'data' ? encodeData(said.bytes) : encodeRecord(said), bytes, said.type)
    const reader = new RecordReader(new Set([...SENDERS, ...RECEIVERS]), 1000)
    reader.push(bytes)
    t.deepEqual(structuredClone(reader.read()), said, said.type)
  }
})

test('manifest and kind are the bytes that the protocol page says', t => {
  t.is(FILES_KIND, BigInt(`0x${Buffer.from('file').toString('hex')}`))
  const entries = [{ type: 'file', path: 'é', size: 5, modified: 6, executable: true }, { type: 'folder', path: 'b', size: 0, modified: 1, executable: false }] as const
  t.deepEqual(encodeManifest({ entries, bytes: 5, files: 1 }), new Uint8Array(Buffer.concat([
    u32(2), u8(0, 1), u64(5n), u64(6n), u32(2), Buffer.from('é'), u8(1, 0), u64(0n), u64(1n), u32(1), Buffer.from('b')
  ])))
})
