import type { Uuid } from '../bytes/index.js'
import type { LimitsOf } from '../stream/index.js'

/** The limits of a directory and their defaults. */
export const DIRECTORY_LIMITS = {
  /** Accounts. */
  maxAccounts: 1_000_000,
  /** One-time prekeys of an account that wait to be handed out. */
  maxPrekeys: 200,
  /** One-time prekeys of an account that are remembered as handed out, so that none is taken back by an upload that comes again. */
  handedWindow: 1000,
  /** Invites that wait to be used. */
  maxInvites: 10_000
} as const

/** Limits of a directory; {@link DIRECTORY_LIMITS} has the defaults. */
export type DirectoryLimits = LimitsOf<typeof DIRECTORY_LIMITS>

/** Who may be reached. Whether the id belongs to the key and the proof holds, who registers has checked. */
export interface Account {
  readonly id: Uuid
  /** Ed25519 identity key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** X25519 static key, 32 bytes. */
  readonly staticKey: Uint8Array
  /** The identity's signature of the static key, with the key: 96 bytes, as `verifyProof` of `hushwire/nova` takes it. */
  readonly proof: Uint8Array
}

/** An account as it is stored. */
export interface StoredAccount extends Account {
  /** Milliseconds since 1970 by the wall clock. */
  readonly registered: number
}

/** An X25519 key signed by an identity (nova.md, Mail). The signature is not looked at here: who receives the key checks it. */
export interface Prekey {
  /** 8 bytes. */
  readonly id: Uint8Array
  /** 32 bytes. */
  readonly key: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** A prekey that was handed out. */
export interface HandedPrekey extends Prekey {
  /** False for the account's last resort, which others get too. */
  readonly oneTime: boolean
}

/** How prekeys are taken in. */
export interface AddOptions {
  /** Drops those that wait to be handed out before, in the same step. Default false. */
  readonly replace?: boolean | undefined
}

/** Accounts, their prekeys, and invites. Who is connected is not in it. */
export interface Directory {
  /** Those in force. */
  readonly limits: Readonly<Record<keyof typeof DIRECTORY_LIMITS, number>>
  /**
   * Registers an account, or brings the static key and the proof of a known one up to date.
   *
   * @param invite - 32 bytes (the hash of a token, say): used up together with the registration, or it is refused
   * @returns false when the account was known; the invite is not looked at then
   * @throws ERR_UUID, ERR_DIRECTORY_FIELD, ERR_DIRECTORY_OTHER_KEY, ERR_DIRECTORY_INVITE, ERR_DIRECTORY_FULL, and what the store does (as rejections)
   */
  register(account: Account, invite?: Uint8Array): Promise<boolean>
  /** @throws ERR_UUID, and what the store does (as rejections) */
  account(id: Uuid): Promise<StoredAccount | undefined>
  /** Removes an account with its prekeys. @returns false when there was none @throws as `account` */
  remove(id: Uuid): Promise<boolean>
  /** Takes an invite in; the same again changes nothing. @throws ERR_DIRECTORY_FIELD, ERR_DIRECTORY_INVITES, and what the store does (as rejections) */
  invite(invite: Uint8Array): Promise<void>
  /**
   * Takes one-time prekeys in, all or none. Those that are there, or were handed out within `handedWindow`, are passed over.
   *
   * @returns how many wait to be handed out
   * @throws ERR_UUID, ERR_DIRECTORY_FIELD, ERR_DIRECTORY_UNKNOWN, ERR_DIRECTORY_PREKEYS, and what the store does (as rejections)
   */
  addPrekeys(id: Uuid, prekeys: readonly Prekey[], options?: AddOptions): Promise<number>
  /** Sets the prekey that is handed out when no one-time one is left. @throws ERR_UUID, ERR_DIRECTORY_FIELD, ERR_DIRECTORY_UNKNOWN, and what the store does (as rejections) */
  setLastResort(id: Uuid, prekey: Prekey): Promise<void>
  /** The prekey that is handed out when no one-time one is left. @throws ERR_UUID, and what the store does (as rejections) */
  lastResort(id: Uuid): Promise<Prekey | undefined>
  /**
   * Hands out a prekey of an account: the one-time ones in the order they came, each to one caller only, also where many ask
   * at once or the process dies; then the last resort.
   *
   * @returns undefined when there is none
   * @throws ERR_UUID, and what the store does (as rejections)
   */
  takePrekey(id: Uuid): Promise<HandedPrekey | undefined>
  /** How many one-time prekeys wait to be handed out. @throws ERR_UUID, and what the store does (as rejections) */
  prekeys(id: Uuid): Promise<number>
}
