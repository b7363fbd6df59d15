import { fromHex } from '../../../lib/bytes/index.js'
import { crypto, hkdf } from '../../../lib/crypto/index.js'
import { sameBytes, section, type Check, type Suite } from '../check.js'

interface Entry {
  privateA: string
  publicA: string
  privateB: string
  publicB: string
  shared: string
  saltSortedPublicKeys: string
  infoUtf8: string
  key: string
}

/** The seed's key agreement, from the primitives that it is made of. */
export const handshakeSuite: Suite = {
  name: 'handshake',
  checks: load => section(load, 'nova.json', 'handshake', checksOf)
}

function * checksOf (entry: Entry, label: string): Generator<Check> {
  const ends = [['A', entry.privateA, entry.publicA, entry.publicB], ['B', entry.privateB, entry.publicB, entry.publicA]] as const
  for (const [name, own, ownPublic, peer] of ends) {
    yield { name: `${label}: public key of ${name}`, run: () => { sameBytes(crypto.x25519(fromHex(own)).publicKey, ownPublic) } }
    yield { name: `${label}: shared secret of ${name}`, run: () => { sameBytes(crypto.x25519(fromHex(own)).agree(fromHex(peer)), entry.shared) } }
  }
  yield { name: `${label}: salt`, run: () => { sameBytes(fromHex([entry.publicA, entry.publicB].sort().join('')), entry.saltSortedPublicKeys) } }
  yield { name: `${label}: key`, run: () => {
    const info = new TextEncoder().encode(entry.infoUtf8)
    sameBytes(hkdf(crypto.sha256, fromHex(entry.shared), fromHex(entry.saltSortedPublicKeys), info, 32), entry.key)
  } }
}
