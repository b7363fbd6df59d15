import test from 'ava'
import fc from 'fast-check'
import { encode, slice, string, struct, uint64, uint8 } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import { FILES_LIMITS, type Entry, type FilesLimits } from '../../lib/files/index.js'
import { checkManifest, decodeManifest, encodeManifest, transferId } from '../../lib/files/manifest.js'
import { limitsOf } from '../../lib/stream/index.js'

const LAYOUT = slice(struct({ type: uint8, executable: uint8, size: uint64, modified: uint64, path: string }))
const file = (path: string, more: Partial<Entry> = {}): Entry => ({ type: 'file', path, size: 1, modified: 2, executable: false, ...more })
const limits = (given: FilesLimits = {}): typeof FILES_LIMITS => limitsOf(FILES_LIMITS, given) as typeof FILES_LIMITS
const code = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a manifest is what it was, and its bytes are those of the page', t => {
  const entry = fc.record({ size: fc.maxSafeNat().map(size => size % 2 ** 40), modified: fc.maxSafeNat(), executable: fc.boolean() })
  fc.assert(fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), values => {
    const entries = values.map((value, index) => file(`folder/${index}`, value))
    const manifest = checkManifest(entries, limits())
    t.deepEqual(decodeManifest(encodeManifest(manifest), limits()), manifest)
    t.deepEqual(encodeManifest(manifest), encode(LAYOUT, entries.map(each => ({ type: 0, executable: each.executable ? 1 : 0, size: BigInt(each.size), modified: BigInt(each.modified), path: each.path }))))
  }))
})

test('what a sender makes up: sizes, times, types, paths, numbers of things', t => {
  const said = (more: Partial<Record<'type' | 'executable', number> & Record<'size' | 'modified', bigint> & { path: string }>): Uint8Array => encode(LAYOUT, [{ type: 0, executable: 0, size: 1n, modified: 2n, path: 'a', ...more }])
  const read = (bytes: Uint8Array, given: FilesLimits = {}): string | undefined => code(() => decodeManifest(bytes, limits(given)))
  t.is(read(said({})), undefined)
  t.is(read(said({ size: 2n ** 63n })), 'ERR_FILES_PROTOCOL')
  t.is(read(said({ size: 2n ** 53n })), 'ERR_FILES_PROTOCOL')
  t.is(read(said({ modified: 2n ** 64n - 1n })), 'ERR_FILES_PROTOCOL')
  t.is(read(said({ type: 2 })), 'ERR_FILES_PROTOCOL')
  t.is(read(said({ executable: 7 })), 'ERR_FILES_PROTOCOL')
  t.is(read(said({ type: 1 })), 'ERR_FILES_PROTOCOL', 'a folder with bytes')
  t.is(read(said({ type: 1, size: 0n, executable: 1 })), 'ERR_FILES_PROTOCOL')
  t.is(read(said({ path: '../a' })), 'ERR_FILES_PATH')
  t.is(read(said({}).subarray(0, -1)), 'ERR_FILES_PROTOCOL')
  t.is(read(new Uint8Array([...said({}), 0])), 'ERR_FILES_PROTOCOL')
  t.is(read(new Uint8Array(4)), 'ERR_FILES_PROTOCOL', 'nothing')
  t.is(read(Uint8Array.of(255, 255, 255, 255)), 'ERR_FILES_LIMIT', 'before anything is made of them')
  t.is(read(said({}), { maxManifestBytes: 10 }), 'ERR_FILES_LIMIT')
  t.is(read(said({ size: 11n }), { maxBytes: 10 }), 'ERR_FILES_LIMIT')
  t.is(code(() => checkManifest([file('a'), file('b')], limits({ maxEntries: 1 }))), 'ERR_FILES_LIMIT')
  t.is(code(() => checkManifest([file('a', { size: Number.MAX_SAFE_INTEGER }), file('b')], limits())), 'ERR_FILES_LIMIT')
  t.is(code(() => checkManifest([file('a/b/c')], limits({ maxPathParts: 2 }))), 'ERR_FILES_PATH')
  const deep = ['a/b/c/1', 'A/B/2', 'a/x', 'a.b/c', 'd'].map(path => file(path))
  t.is(code(() => checkManifest(deep, limits({ maxEntries: 5 }))), undefined, 'in four folders')
  const deeper = Array.from({ length: 5 }, (_, index) => file(`${index}/a/b`))
  t.is(code(() => checkManifest(deeper, limits({ maxEntries: 9 }))), 'ERR_FILES_LIMIT', 'in ten folders')
  t.is(code(() => checkManifest(deeper, limits({ maxEntries: 10 }))), undefined)
  t.is(code(() => checkManifest([file('abc')], limits({ maxPathBytes: 2 }))), 'ERR_FILES_PATH')
})

test('no two entries are one place, and nothing is in a file', t => {
  for (const paths of [['a', 'a'], ['a', 'A'], ['x/é', 'X/e\u0301'], ['a', 'a/b'], ['A/b', 'a'], ['a/b/c', 'a/B']]) t.is(code(() => checkManifest(paths.map(path => file(path)), limits())), 'ERR_FILES_DUPLICATE', paths.join())
  // which, for who has to rename one
  t.throws(() => checkManifest([file('x'), file('b/A'), file('b/a')], limits()), { message: /: b\/A and b\/a$|: b\/a and b\/A$/ })
  t.throws(() => checkManifest([file('x'), file('x')], limits()), { message: /: x, twice$/ })
  t.throws(() => checkManifest([file('X'), file('x/y')], limits()), { message: /: x\/y would be in X$/ })
  t.is(code(() => checkManifest([file('a/b'), { type: 'folder', path: 'a', size: 0, modified: 0, executable: false }], limits())), 'ERR_FILES_DUPLICATE')
  t.is(code(() => checkManifest([file('a/b'), file('a/c'), file('ab')], limits())), undefined)
})

test('any bytes are a manifest or a code', t => {
  const known = new Set(['ERR_FILES_PROTOCOL', 'ERR_FILES_LIMIT', 'ERR_FILES_PATH', 'ERR_FILES_DUPLICATE', undefined])
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => { t.true(known.has(code(() => decodeManifest(bytes, limits())))) }))
})

test('a transfer is named by sender, receiver and manifest', t => {
  const [from, to, manifest] = [crypto.randomBytes(16), crypto.randomBytes(16), crypto.randomBytes(50)]
  t.deepEqual(transferId(from, to, manifest), crypto.sha256.digest(new TextEncoder().encode('hushwire/files/1'), from, to, manifest))
  t.notDeepEqual(transferId(from, to, manifest), transferId(to, from, manifest))
})
