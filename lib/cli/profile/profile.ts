import { rm, rmdir, stat } from 'node:fs/promises'
import { wipe } from '../../crypto/index.js'
import type { Identity } from '../../nova/index.js'
import { ignore } from '../../stream/index.js'
import { cliError } from '../errors.js'
import { profileFolders, type ProfileFolders } from './folders.js'
import { formatIdentity, MAX_IDENTITY_TEXT, parseIdentity, type StoredIdentity } from './identity-text.js'
import { passphrase, type PassphraseSources } from './passphrase.js'
import { privateFolder, readPrivate, replaceFile, writeNew } from './private-file.js'
import { readSettings, writeSettings, type ProfileSettings } from './settings.js'

/** A profile as its files say. */
export interface Profile {
  readonly folders: ProfileFolders
  readonly settings: ProfileSettings
  readonly stored: StoredIdentity
}

/** The profile of a name. @throws ERR_CLI_PROFILE when there is none, ERR_CLI_OPTION, ERR_CLI_IDENTITY, ERR_CLI_CONFIG, ERR_CLI_FILE (as rejections) */
export async function loadProfile (name?: string): Promise<Profile> {
  const folders = profileFolders(name)
  const profile = await findProfile(folders)
  if (profile === undefined) throw cliError('ERR_CLI_PROFILE', `${folders.name}${name === undefined && folders.name === process.env['HUSHWIRE_PROFILE'] ? ', as HUSHWIRE_PROFILE says' : ''}, at ${folders.config}`)
  return profile
}

/** Likewise, or nothing where there is none. */
export async function findProfile (folders: ProfileFolders): Promise<Profile | undefined> {
  const bytes = await readPrivate(folders.identity, { limit: MAX_IDENTITY_TEXT, others: 'nothing' })
  if (bytes === undefined) return undefined
  const text = new TextDecoder().decode(bytes)
  wipe(bytes)
  return { folders, stored: parseIdentity(text), settings: await readSettings(folders.settings) }
}

/** The private keys of a profile, asking for the passphrase where there is one. @throws what {@link passphrase} does, and ERR_CLI_PASSPHRASE (as rejections) */
export async function openIdentity ({ folders, stored }: Pick<Profile, 'folders' | 'stored'>, sources: PassphraseSources): Promise<Identity> {
  if (!stored.sealed) return stored.open()
  const secret = await passphrase(`Passphrase of the profile ${folders.name}: `, sources)
  try {
    return await stored.open(secret)
  } finally {
    wipe(secret)
  }
}

/** Whether there are data of an earlier profile of that name. */
export function hasData ({ store }: ProfileFolders): Promise<boolean> {
  return stat(store).then(() => true, () => false)
}

/** Whether there is a profile, whatever becomes of it when it is read. */
export function hasIdentity ({ identity }: ProfileFolders): Promise<boolean> {
  return stat(identity).then(() => true, () => false)
}

/** A new profile. @param secret - seals the identity; the caller's to wipe @throws ERR_CLI_EXISTS when there is one, ERR_CLI_FILE (as rejections) */
export async function makeProfile (folders: ProfileFolders, identity: Identity, settings: ProfileSettings, secret?: Uint8Array): Promise<void> {
  if (await hasIdentity(folders)) throw cliError('ERR_CLI_EXISTS', `the profile ${folders.name}, ${folders.identity}`)
  await privateFolder(folders.config)
  await writeSettings(folders.settings, settings)
  // last: without it there is no profile
  await writeNew(folders.identity, await formatIdentity(identity, secret))
}

/** Takes away the files of a profile, and their folder when nothing else is in it. @throws what the platform does (as rejections) */
export async function removeProfile ({ config, identity, settings }: Pick<ProfileFolders, 'config' | 'identity' | 'settings'>): Promise<void> {
  for (const path of [identity, settings]) await rm(path, { force: true })
  await rmdir(config).catch(ignore)
}

/** Seals the identity of a profile anew, or not at all. @throws ERR_CLI_FILE (as rejections) */
export async function resealProfile (folders: ProfileFolders, identity: Identity, secret?: Uint8Array): Promise<void> {
  await replaceFile(folders.identity, await formatIdentity(identity, secret))
}
