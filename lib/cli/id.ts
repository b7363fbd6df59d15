import { open } from 'node:fs/promises'
import { Command } from 'commander'
import { formatUuid } from '../bytes/index.js'
import { wipe } from '../crypto/index.js'
import { createIdentity, idOf, type Identity } from '../nova/index.js'
import { formatRelayAddress, parseRelayAddress, voiceGroups } from '../relay/index.js'
import { action, identityOptions, profileOptions, type ClientFlags } from './client-options.js'
import { cliError, failureCode, messageOf } from './errors.js'
import { cleanName } from './names.js'
import { reasonOf } from './platform-reason.js'
import { profileFolders } from './profile/folders.js'
import { formatIdentity, MAX_IDENTITY_TEXT, parseIdentity } from './profile/identity-text.js'
import { newPassphrase, passphrase } from './profile/passphrase.js'
import { readAll, writeNew } from './profile/private-file.js'
import { hasData, hasIdentity, loadProfile, makeProfile, openIdentity, resealProfile, type Profile } from './profile/profile.js'
import { writeSettings } from './profile/settings.js'
import type { Output } from './terminal/output.js'
import { plainLine } from './terminal/plain-text.js'

const HELP = `
  hushwire id new --relay tcp://host:7411/#KEY --name Alice    # hushwire relay prints the address
  hushwire id new --profile work --passphrase                  # sealed: every command asks for the passphrase
  hushwire id show
  hushwire id export alice.identity                            # a copy, sealed with a passphrase
  hushwire id import alice.identity --profile restored
  hushwire id passphrase                                       # set or change; --remove takes it away
  hushwire id relay tcp://host:7411/#KEY                       # where we are reached from now on`

interface NewFlags extends ClientFlags {
  readonly name?: string
  readonly passphrase?: true
}

interface PassphraseFlags extends ClientFlags {
  readonly remove?: true
  readonly newPassphraseFile?: string
}

/** `hushwire id`: identities and their profiles. */
export function idCommand (): Command {
  const command = new Command('id').description('Make, show, keep and protect identities.').addHelpText('after', HELP)
  const add = (name: string, about: string, options = identityOptions): Command => {
    const made = options(new Command(name).description(about))
    command.addCommand(made)
    return made
  }
  add('new', 'Make an identity and its profile.')
    .option('--relay <address>', 'the relay where it is reached, with its key')
    .option('--name <name>', 'what those we pair with are told')
    .option('--passphrase', 'seal it: a passphrase is asked for')
    .action(action(makeNew))
  add('show', 'Print id, key, relay and where the files are.', profileOptions).action(action(show))
  add('export', 'Write a copy, sealed with a passphrase.').argument('<file>', 'a new file').action(action(exportTo))
  add('import', 'Make a profile of a copy.').argument('<file>', 'what id export has written')
    .option('--relay <address>', 'the relay where it is reached, with its key')
    .option('--name <name>', 'what those we pair with are told')
    .action(action(importFrom))
  add('passphrase', 'Seal the identity with a passphrase, or with another one.')
    .option('--remove', 'leave it unsealed')
    .option('--new-passphrase-file <file>', 'the new passphrase is its first line')
    .action(action(changePassphrase))
  add('relay', 'Set the relay of a profile.', profileOptions).argument('<address>', 'with its key').action(action(setRelay))
  return command
}

async function makeNew (flags: NewFlags, _args: readonly string[], output: Output): Promise<void> {
  const folders = profileFolders(flags.profile)
  const settings = settingsOf(flags)
  // somebody else's contacts and messages are not to become those of a new identity
  if (!await hasIdentity(folders) && await hasData(folders)) throw cliError('ERR_CLI_EXISTS', `${folders.data}, of an earlier profile ${folders.name}`)
  const identity = createIdentity()
  const seal = flags.passphrase === true || flags.passphraseFile !== undefined || (process.env['HUSHWIRE_PASSPHRASE'] ?? '') !== ''
  const secret = seal ? await newPassphrase(`A passphrase for the new profile ${folders.name}: `, flags) : undefined
  try {
    await makeProfile(folders, identity, settings, secret)
  } finally {
    if (secret !== undefined) wipe(secret)
    identity.destroy()
  }
  tellNew(await loadProfile(flags.profile), output)
}

function settingsOf ({ relay, name }: NewFlags): { relay: string | undefined, name: string | undefined } {
  const clean = name === undefined ? undefined : cleanName(name)
  if (name !== undefined && clean === undefined) throw cliError('ERR_CLI_NAME')
  return { relay: relay === undefined ? undefined : formatRelayAddress(parseRelayAddress(relay)), name: clean }
}

async function show ({ profile }: ClientFlags, _args: readonly string[], output: Output): Promise<void> {
  tell(await loadProfile(profile), output)
}

function tellNew (profile: Profile, output: Output): void {
  tell(profile, output)
  if (profile.settings.relay === undefined) output.note(`No relay yet: ${output.situation.own('id relay ADDRESS')}.`)
}

function tell ({ folders, settings, stored }: Profile, output: Output): void {
  const { publicKey, sealed } = stored
  const about = {
    profile: folders.name,
    id: formatUuid(idOf(publicKey)),
    publicKey: Buffer.from(publicKey).toString('base64url'),
    fingerprint: voiceGroups(publicKey),
    name: settings.name,
    relay: settings.relay,
    sealed,
    config: folders.config,
    data: folders.data
  }
  output.event('identity', about)
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['profile', about.profile],
    ['id', about.id],
    ['public key', about.publicKey],
    ['fingerprint', about.fingerprint],
    ['name', about.name ?? '(none: hushwire pair says only the id)'],
    ['relay', about.relay ?? '(none)'],
    ['passphrase', sealed ? 'yes' : 'no: who can read the file has the identity'],
    ['files', `${about.config} and ${about.data}`]
  ]
  for (const [name, value] of rows) output.line(`${output.paint('dim', name.padEnd(12))}${plainLine(value)}`)
}

async function exportTo (flags: ClientFlags, [path = '']: readonly string[], output: Output): Promise<void> {
  const profile = await loadProfile(flags.profile)
  const identity = await openIdentity(profile, flags)
  try {
    // the passphrase of the profile, where one was given to the command, is good for the copy too
    const secret = await newPassphrase('A passphrase for the copy: ', flags)
    await writeNew(path, await formatIdentity(identity, secret).finally(() => { wipe(secret) }))
  } finally {
    identity.destroy()
  }
  output.event('exported', { file: path, profile: profile.folders.name })
  output.line(`${path} has the identity, sealed. Contacts and messages are not in it: copy ${profile.folders.data} too.`)
}

async function importFrom (flags: NewFlags, [path = '']: readonly string[], output: Output): Promise<void> {
  const folders = profileFolders(flags.profile)
  const stored = parseIdentity(await textOf(path))
  const secret = stored.sealed ? await passphrase(`Passphrase of ${path}: `, flags) : undefined
  let identity: Identity | undefined
  try {
    identity = await stored.open(secret)
    await makeProfile(folders, identity, settingsOf(flags), secret)
  } finally {
    if (secret !== undefined) wipe(secret)
    identity?.destroy()
  }
  tellNew(await loadProfile(flags.profile), output)
}

async function textOf (path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => { throw cliError('ERR_CLI_FILE', `${path} cannot be read: ${reasonOf(error)}`, error) })
  try {
    if ((await file.stat()).isDirectory()) throw cliError('ERR_CLI_FILE', `${path} is a folder`)
    const bytes = await readAll(file, path, MAX_IDENTITY_TEXT)
    const text = new TextDecoder().decode(bytes)
    wipe(bytes)
    return text
  } finally {
    await file.close()
  }
}

async function changePassphrase (flags: PassphraseFlags, _args: readonly string[], output: Output): Promise<void> {
  const profile = await loadProfile(flags.profile)
  const identity = await openIdentity(profile, flags)
  try {
    // where there is an old one, that is what the file and the environment have
    const sources = flags.newPassphraseFile !== undefined || profile.stored.sealed ? { passphraseFile: flags.newPassphraseFile, env: {}, instead: 'give --new-passphrase-file FILE' } : flags
    const secret = flags.remove === true ? undefined : await newPassphrase(`A new passphrase for the profile ${profile.folders.name}: `, sources)
    await resealProfile(profile.folders, identity, secret).finally(() => { if (secret !== undefined) wipe(secret) })
    output.event('passphrase', { profile: profile.folders.name, sealed: secret !== undefined })
    output.line(secret === undefined ? 'The identity is not sealed any more: who can read its file has it.' : 'The identity is sealed with the new passphrase.')
  } finally {
    identity.destroy()
  }
}

async function setRelay ({ profile }: ClientFlags, [address = '']: readonly string[], output: Output): Promise<void> {
  const relay = formatRelayAddress(parseRelayAddress(address))
  const folders = profileFolders(profile)
  let damage: unknown
  const settings = await loadProfile(profile).then(({ settings }) => settings, (error: unknown) => {
    // it is what mends that file, for which no other command would be left
    if (failureCode(error) !== 'ERR_CLI_CONFIG') throw error
    damage = error
    return {}
  })
  await writeSettings(folders.settings, { ...settings, relay })
  if (damage !== undefined) output.warn(`${plainLine(messageOf(damage))}. It was written anew: a name that stood in it is gone, and a line such as name = "Alice" gives it one again`)
  tell(await loadProfile(profile), output)
}
