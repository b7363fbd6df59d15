import { fromHex, toHex } from '../../../lib/bytes/index.js'
import { crypto } from '../../../lib/crypto/index.js'
import { openSeedBody, SeedSessionKey } from '../../../lib/nova/session/seed-body.js'
import { vectorTest } from '../../support/vectors.js'
import { collect, each } from '../../zlib/support.js'

interface Vectors {
  keys: { Kcc: string }
  sessions: Array<{ name: string, body?: string, bodyBase64?: string, plaintextUtf8?: string, plaintextSha256?: string, plaintextLength?: number }>
  brokenSessions: Array<{ name: string, body: string }>
}

/** What each broken session of the vectors is refused with. */
const REFUSALS: Record<string, string> = {
  'no final chunk (tail chunk dropped)': 'ERR_SESSION_NO_FINAL',
  'cut in a chunk header': 'ERR_SESSION_TRUNCATED',
  'cut in a sealed chunk': 'ERR_SESSION_TRUNCATED',
  'final flag set on chunk 0': 'ERR_SESSION_AUTH',
  'one bit of ciphertext flipped': 'ERR_SESSION_AUTH',
  'base nonce changed': 'ERR_SESSION_AUTH',
  'sealed length 0xffffffff': 'ERR_SESSION_CHUNK_SIZE',
  'bytes after the final chunk': 'ERR_SESSION_TRAILING',
  'chunks swapped': 'ERR_SESSION_AUTH',
  'zlib stream cut short under a valid final chunk': 'ERR_ZLIB_TRUNCATED',
  'empty body': 'ERR_SESSION_EMPTY'
}

vectorTest('sessions of the vectors open, whole and byte by byte', 'nova.json', async (t, data: Vectors) => {
  const key = new SeedSessionKey(fromHex(data.keys.Kcc))
  for (const session of data.sessions) {
    const body = session.body === undefined ? new Uint8Array(Buffer.from(session.bodyBase64 ?? '', 'base64')) : fromHex(session.body)
    const step = body.byteLength > 1000 ? 997 : 1
    const pieces = Array.from({ length: Math.ceil(body.byteLength / step) }, (_, i) => body.subarray(i * step, i * step + step))
    for (const source of [[body], pieces]) {
      const plaintext = await collect(openSeedBody(each(source), key))
      if (session.plaintextUtf8 !== undefined) {
        t.is(new TextDecoder().decode(plaintext), session.plaintextUtf8, session.name)
      } else {
        t.is(plaintext.byteLength, session.plaintextLength as number, session.name)
        t.is(toHex(crypto.sha256.digest(plaintext)), session.plaintextSha256 as string, session.name)
      }
    }
  }
})

vectorTest('each broken session of the vectors has its refusal', 'nova.json', async (t, data: Vectors) => {
  const key = new SeedSessionKey(fromHex(data.keys.Kcc))
  t.deepEqual(data.brokenSessions.map(({ name }) => name), Object.keys(REFUSALS))
  for (const { name, body } of data.brokenSessions) {
    await t.throwsAsync(collect(openSeedBody(each([fromHex(body)]), key)), { code: REFUSALS[name] as string }, name)
  }
})
