import { rm } from 'node:fs/promises'
import { wipe } from '../../crypto/index.js'
import { createIdentity, type Identity } from '../../nova/index.js'
import { formatRelayAddress, offeredRelay, type Offer } from '../../relay/index.js'
import { codeOf } from '../../stream/index.js'
import type { ClientFlags } from '../client-options.js'
import { cliError, failureCode } from '../errors.js'
import { cleanName } from '../names.js'
import { profileFolders, type ProfileFolders } from '../profile/folders.js'
import { givenPassphrase } from '../profile/passphrase.js'
import { findProfile, hasData, makeProfile, removeProfile } from '../profile/profile.js'
import type { Opening } from '../session.js'
import type { Output } from '../terminal/output.js'

/** What pairing fails with when nobody trusts the new identity: a no, or what is found out before it is shown to anybody. */
const NOBODYS: ReadonlySet<string | undefined> = new Set(['ERR_OFFER_REFUSED', 'ERR_OFFER_PEER', 'ERR_OFFER_RELAY'])

/** A profile that an offer brings, with a new identity and the relay of the offer: it is written when that relay has been reached. */
export class FreshProfile {
  /** For `withClient`. */
  readonly opening: Opening
  readonly #folders: ProfileFolders
  readonly #url: string
  readonly #flags: ClientFlags
  #identity: Identity | undefined
  #relayKey = new Uint8Array(0)
  #kept = false
  #told = false

  private constructor (folders: ProfileFolders, offer: Offer, flags: ClientFlags, ownName: string | undefined) {
    this.#folders = folders
    this.#flags = flags
    this.#url = offer.url
    const expected = offeredRelay(offer)
    this.opening = {
      folders,
      url: offer.url,
      ownName,
      identity: async () => this.#identity = createIdentity(),
      relay: async peer => {
        this.#relayKey = new Uint8Array(peer.publicKey)
        return expected(peer)
      }
    }
  }

  /**
   * The profile that the flags name is to be made.
   *
   * @param as - what it is to call its owner; see `checkNames`
   * @returns undefined when it is there already
   * @throws ERR_CLI_EXISTS when there are data of an earlier one, ERR_CLI_OPTION when the flags name another relay than the offer does, and as `findProfile` (as rejections)
   */
  static async unlessThere (flags: ClientFlags, offer: Offer, as: string | undefined): Promise<FreshProfile | undefined> {
    const folders = profileFolders(flags.profile)
    if (await findProfile(folders) !== undefined) return undefined
    if (flags.relay !== undefined) throw cliError('ERR_CLI_OPTION', `there is no profile ${folders.name} yet, and a new one gets the relay of the offer; leave --relay out`)
    // somebody else's contacts and messages are not to become those of a new identity
    if (await hasData(folders)) throw cliError('ERR_CLI_EXISTS', `${folders.data}, of an earlier profile ${folders.name}`)
    return new FreshProfile(folders, offer, flags, as === undefined ? undefined : cleanName(as))
  }

  /** Writes it down, once there is a connection and before anybody trusts it. @throws as {@link makeProfile} (as rejections) */
  async keep (): Promise<void> {
    const secret = await givenPassphrase(this.#flags)
    const relay = formatRelayAddress({ url: this.#url, relay: this.#relayKey })
    try {
      await makeProfile(this.#folders, this.#identity as Identity, { relay, name: this.opening.ownName }, secret)
    } finally {
      if (secret !== undefined) wipe(secret)
    }
    this.#kept = true
  }

  /** Says that it is there. */
  tell (output: Output): void {
    this.#told = true
    const { name, config, data } = this.#folders
    output.event('profile', { profile: name, config, data })
    output.note(`made the profile ${name} in ${config}`)
  }

  /**
   * The command has failed: takes away what was begun, and says so of what stays. What was written stays when somebody may trust the identity;
   * what is the store of another command is left alone: the identity is asked for when it is ours. Never rejects: what it failed with first is what is told.
   */
  async failed (error: unknown, output: Output): Promise<void> {
    if (this.#identity === undefined || this.#told) return
    if (this.#kept && !NOBODYS.has(codeOf(error))) return this.tell(output)
    try {
      await rm(this.#folders.data, { recursive: true, force: true })
      if (this.#kept) await removeProfile(this.#folders)
    } catch (left) {
      output.warn(`what was begun of the profile ${this.#folders.name} could not be taken away (${failureCode(left)}); remove ${this.#folders.data} and ${this.#folders.config}`)
    }
  }
}
