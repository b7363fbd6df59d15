import test from 'ava'
import fc from 'fast-check'
import { createIdentity } from '../../../lib/nova/index.js'
import { formatIdentity, parseIdentity } from '../../../lib/cli/profile/identity-text.js'
import { voiceGroups } from '../../../lib/relay/index.js'
import { codeOf } from '../../support/sources.js'

const SCHEME = 'hushwire-identity:'
const secret = new TextEncoder().encode('correct horse')
const identity = createIdentity()
const [plain, sealed] = [await formatIdentity(identity), await formatIdentity(identity, secret)]

function bytesOf (text: string): Uint8Array { return new Uint8Array(Buffer.from(text.trim().slice(SCHEME.length), 'base64url')) }
function textOf (bytes: Uint8Array): string { return `${SCHEME}${Buffer.from(bytes).toString('base64url')}` }

function changed (text: string, at: number, to: number): string {
  const bytes = bytesOf(text)
  bytes[at] = to
  return textOf(bytes)
}

/** The code of reading and opening a text. */
async function tried (text: string, passphrase?: Uint8Array): Promise<string> {
  return codeOf((async () => { (await parseIdentity(text).open(passphrase)).destroy() })())
}

test('an identity is read back, sealed and in the clear', async t => {
  const open = parseIdentity(plain)
  t.false(open.sealed)
  t.deepEqual(open.publicKey, identity.publicKey)
  t.deepEqual((await open.open()).exportPrivate(), identity.exportPrivate())
  const closed = parseIdentity(`  ${sealed}\n`)
  t.true(closed.sealed)
  t.deepEqual(closed.publicKey, identity.publicKey)
  t.deepEqual((await closed.open(secret)).exportPrivate(), identity.exportPrivate())
  t.not(await formatIdentity(identity, secret), sealed)
  t.false(sealed.includes(Buffer.from(identity.exportPrivate().subarray(1, 33)).toString('base64url').slice(0, 20)))
})

test('another passphrase, and none, open nothing', async t => {
  t.is(await tried(sealed, new TextEncoder().encode('Correct horse')), 'ERR_CLI_PASSPHRASE')
  t.is(await tried(sealed), 'ERR_CLI_PASSPHRASE')
})

test('a change of any field is noticed', async t => {
  const bytes = bytesOf(sealed)
  // version, sealing, key, N, r, p, salt, body, tag
  for (const [at, code] of [[0, 'ERR_CLI_IDENTITY'], [1, 'ERR_CLI_IDENTITY'], [2, 'ERR_CLI_PASSPHRASE'], [34, 'ERR_CLI_IDENTITY'], [35, 'ERR_CLI_IDENTITY'], [36, 'ERR_CLI_IDENTITY'], [37, 'ERR_CLI_PASSPHRASE'], [60, 'ERR_CLI_PASSPHRASE'], [bytes.byteLength - 1, 'ERR_CLI_PASSPHRASE']] as const) {
    t.is(await tried(changed(sealed, at, (bytes[at] ?? 0) ^ 0x80), secret), code, `byte ${at}`)
  }
  for (let at = 0; at < bytesOf(plain).byteLength; at++) {
    const code = await tried(changed(plain, at, (bytesOf(plain)[at] ?? 0) ^ 1))
    // the static key stands for itself: another one is another valid identity of the same name
    if (at < 67) t.is(code, 'ERR_CLI_IDENTITY', `byte ${at}`)
  }
})

test('a text cannot ask for more work than is allowed, nor for less', async t => {
  for (const [at, to] of [[34, 13], [34, 19], [34, 255], [35, 7], [35, 9], [36, 0], [36, 5]] as const) {
    t.is(await tried(changed(sealed, at, to), secret), 'ERR_CLI_IDENTITY', `${at}: ${to}`)
  }
  // what is allowed is done, and opens nothing
  t.is(await tried(changed(sealed, 34, 14), secret), 'ERR_CLI_PASSPHRASE')
})

test('what is no identity is refused', async t => {
  for (const text of ['', 'hushwire-identity:', 'hushwire:AAAA', `${SCHEME}!`, `${plain.trim()}=`, textOf(bytesOf(plain).subarray(1)), textOf(Buffer.concat([bytesOf(plain), Buffer.of(0)])), `${SCHEME}${'A'.repeat(2000)}`]) {
    t.is(await tried(text), 'ERR_CLI_IDENTITY', text.slice(0, 40))
  }
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async bytes => {
    t.is(await tried(textOf(bytes)), 'ERR_CLI_IDENTITY')
  }))
})

test('groups to compare by voice are digits of the key, and of no other', t => {
  t.regex(voiceGroups(identity.publicKey), /^(\d{5} ){7}\d{5}$/)
  t.is(voiceGroups(identity.publicKey), voiceGroups(identity.publicKey.slice()))
  t.not(voiceGroups(identity.publicKey), voiceGroups(createIdentity().publicKey))
  t.is(voiceGroups(new Uint8Array(32)), '76155 43179 01474 60464 47285 42887 83365 46504')
})
