import { createIdentity, importIdentity, type Identity } from '../../../nova/index.js'
import { storeKey, type Store } from '../../../store/index.js'
import { fromHex, toHex } from '../../../bytes/index.js'
import { wipe } from '../../../crypto/index.js'
import { offeredRelay, type ConnectOptions } from '../../../relay/index.js'
import { getJson, setJson } from './json.js'

const IDENTITY = storeKey('page/identity')
const ABOUT = storeKey('page/profile')

/** A relay: its key, or the hash of it as an offer has it. */
export interface RelayPlace {
  readonly url: string
  readonly key?: string | undefined
  readonly fingerprint?: string | undefined
}

/** Who we are here. */
export interface Profile {
  readonly name: string
  readonly relay: RelayPlace
  /** Whether the relay has ever let us in. */
  readonly joined: boolean
  readonly identity: Identity
}

type About = Pick<Profile, 'name' | 'relay' | 'joined'>

/** Who we were the last time. @throws what the store does, ERR_IDENTITY_STORED (as rejections) */
export function loadProfile (store: Store): Promise<Profile | undefined> {
  return store.read(view => {
    const about = getJson(view, ABOUT) as About | undefined
    const bytes = view.get(IDENTITY)
    if (about === undefined || bytes === undefined) return undefined
    const identity = importIdentity(bytes)
    wipe(bytes)
    return { ...about, identity }
  })
}

/** A new identity, which is kept when the promise resolves. @throws what the store does (as rejections) */
export async function makeProfile (store: Store, name: string, relay: RelayPlace): Promise<Profile> {
  const profile = { name, relay, joined: false, identity: createIdentity() }
  const bytes = profile.identity.exportPrivate()
  await store.write(transaction => {
    transaction.set(IDENTITY, bytes)
    setJson(transaction, ABOUT, { name, relay, joined: false })
  })
  wipe(bytes)
  return profile
}

/** @throws what the store does (as rejections) */
export async function saveAbout (store: Store, { name, relay, joined }: About): Promise<void> {
  await store.write(transaction => { setJson(transaction, ABOUT, { name, relay, joined }) })
}

/** Whom `connect` is to trust as the relay. */
export function verifyOf ({ key, fingerprint }: RelayPlace): ConnectOptions['relay'] {
  return key === undefined ? offeredRelay({ relayFingerprint: fromHex(fingerprint ?? '') }) : fromHex(key)
}

export function placeOf (url: string, key: Uint8Array): RelayPlace {
  return { url, key: toHex(key) }
}
