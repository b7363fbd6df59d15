import { compareUuid } from '../../bytes/index.js'
import { crypto } from '../../crypto/index.js'
import type { Peer } from '../../nova/index.js'
import type { Directory } from '../../store/index.js'
import { INVITE_BYTES } from '../wire/index.js'
import type { Registration } from './options.js'

/** Who gets an account, by the relay's rule. */
export class Registrar {
  readonly #directory: Directory
  readonly #registration: Registration

  constructor (directory: Directory, registration: Registration = { rule: 'open' }) {
    this.#directory = directory
    // its own, so that a rule that is changed later lets in nobody that this one does not
    this.#registration = { ...registration }
  }

  /** Whether the rule lets the hello of a peer be looked at. */
  lists ({ id }: Peer): boolean {
    if (this.#registration.rule !== 'allowlist') return true
    for (const listed of this.#registration.ids) if (compareUuid(listed, id) === 0) return true
    return false
  }

  /**
   * Registers a peer, or brings what is stored of it up to date.
   *
   * @returns true when it is new
   * @throws what `Directory.register` does (as rejections)
   */
  async admit ({ id, publicKey, staticKey, proof }: Peer, invite: Uint8Array): Promise<boolean> {
    const known = await this.#directory.account(id)
    // one that has not changed costs no write at each of its hellos
    if (known !== undefined && crypto.equal(known.publicKey, publicKey) && crypto.equal(known.proof, proof) && crypto.equal(known.staticKey, staticKey)) return false
    const account = { id, publicKey, staticKey, proof }
    return this.#registration.rule === 'invite' ? this.#directory.register(account, crypto.sha256.digest(invite)) : this.#directory.register(account)
  }

  /** A new invite. @throws ERR_DIRECTORY_INVITES, and what the store does (as rejections) */
  async invite (): Promise<Uint8Array> {
    const token = crypto.randomBytes(INVITE_BYTES)
    await this.#directory.invite(crypto.sha256.digest(token))
    return token
  }
}
