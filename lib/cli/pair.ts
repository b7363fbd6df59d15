import { rm } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { wipe } from '../crypto/index.js'
import { createIdentity, type Identity, type Peer } from '../nova/index.js'
import { formatRelayAddress, offeredRelay, parseOffer, type Offer } from '../relay/index.js'
import { qr } from '../relay/qr.js'
import { abortable, deferred } from '../stream/index.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { cliError } from './errors.js'
import { cleanName } from './names.js'
import { Meeting } from './pair/meeting.js'
import { profileFolders, type ProfileFolders } from './profile/folders.js'
import { givenPassphrase } from './profile/passphrase.js'
import { findProfile, hasData, makeProfile } from './profile/profile.js'
import { withClient, type Opening, type Session } from './session.js'
import type { Output } from './terminal/output.js'

const MINUTE = 60_000

interface Flags extends ClientFlags {
  readonly name?: string
  readonly as?: string
  readonly expires: number
}

const HELP = `
  hushwire pair                          # shows an offer, and waits until somebody has answered it
  hushwire pair 'hushwire:AQ…'           # answers one; makes a profile when there is none
  hushwire pair 'hushwire:AQ…' --as Bob --name alice

An offer goes by a way that nobody else sees: read from the screen, or sent by something that both trust. Who has it first is
trusted. From then on both have each other's keys, and tell each other their names.`

/** `hushwire pair [OFFER]`: two who do not know each other yet. */
export function pairCommand (): Command {
  return clientOptions(new Command('pair').description('Meet somebody: show an offer, or answer one.').argument('[offer]', 'what hushwire pair shows on the other side'))
    .option('--name <name>', 'what to call them here; else what they call themselves')
    .option('--as <name>', 'what they are told that we are called, this time; a new profile keeps it')
    .option('--expires <minutes>', 'for how long the offer is good', minutes, 10)
    .addHelpText('after', HELP)
    .action(action((flags: Flags, [offer], output, command) => {
      for (const name of [flags.name, flags.as]) if (name !== undefined && cleanName(name) === undefined) throw cliError('ERR_CLI_NAME')
      return offer === undefined ? show(flags, output, command) : answer(offerOf(offer), flags, output, command)
    }))
}

function minutes (text: string): number {
  const value = Number(text)
  if (!(value >= 0.1 && value <= 10_080)) throw new InvalidArgumentError('0.1 to 10080.')
  return value
}

/** An offer is also what stands behind # in a link of the relay's page. */
function offerOf (text: string): string {
  return /^https?:/.test(text) ? decodeURIComponent(text.slice(text.indexOf('#') + 1)) : text
}

function withOwnName (session: Session, { as }: Flags): Session {
  return as === undefined ? session : { ...session, ownName: cleanName(as) }
}

async function show (flags: Flags, output: Output, command: string): Promise<void> {
  const came = deferred<Peer>()
  await withClient({ flags, output, command, connect: { onPaired: came.resolve } }, async session => {
    const expires = Math.round(flags.expires * MINUTE)
    const offer = await session.client.offer({ expires })
    const meeting = await Meeting.open(withOwnName(session, flags))
    tellOffer(offer, parseOffer(offer), flags, output)
    const peer = await beforeItExpires(came.promise, expires, session.signal)
    output.status()
    await meeting.greet(peer, flags.name)
  })
}

function tellOffer (text: string, { url, expires }: Offer, flags: Flags, output: Output): void {
  const link = linkOf(url, text)
  output.event('offer', { offer: text, link, expires: new Date(expires).toISOString() })
  output.note(`Give this to whom you want to meet, by a way that nobody else sees. It is good for ${flags.expires} minutes, and once.\n`)
  output.line(text)
  if (link !== undefined) output.line(`\nor, in a browser: ${link}`)
  if (output.interactive) output.note(`\n${qr(link ?? text).terminal}`)
  output.note(`On the other side: hushwire pair '${text.slice(0, 12)}…'`)
  output.status('waiting for somebody to answer')
}

/** The page of a relay that is reached by WebSockets takes an offer as its fragment. */
function linkOf (url: string, offer: string): string | undefined {
  if (!/^wss?:/.test(url)) return undefined
  const page = new URL(url.replace(/^ws/, 'http'))
  page.hash = offer
  return page.href
}

/** @throws ERR_CLI_EXPIRED, and the signal's reason (as rejections) */
async function beforeItExpires<T> (coming: Promise<T>, milliseconds: number, signal: AbortSignal): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => { late.abort(cliError('ERR_CLI_EXPIRED')) }, milliseconds)
  const stop = (): void => { late.abort(signal.reason) }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await abortable(coming, late.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

async function answer (text: string, flags: Flags, output: Output, command: string): Promise<void> {
  const offer = parseOffer(text)
  const folders = profileFolders(flags.profile)
  const fresh = await findProfile(folders) === undefined ? new FreshProfile(folders, offer, flags) : undefined
  if (fresh !== undefined && await hasData(folders)) throw cliError('ERR_CLI_EXISTS', `${folders.data}, of an earlier profile ${folders.name}`)
  try {
    await withClient({ flags, output, command, opening: fresh?.opening }, async session => {
      const meeting = await Meeting.open(withOwnName(session, flags))
      if (fresh !== undefined) {
        // before anybody trusts it
        await fresh.keep()
        output.event('profile', { profile: folders.name, config: folders.config, data: folders.data })
        output.note(`made the profile ${folders.name} in ${folders.config}`)
      }
      output.status('waiting for their answer')
      const contact = await session.client.pair(text, { signal: session.signal })
      output.status()
      await meeting.greet(contact, flags.name)
    })
  } catch (error) {
    await fresh?.discard()
    throw error
  }
}

/** A profile that an offer brings: it is written when its relay has been reached. */
class FreshProfile {
  readonly opening: Opening
  readonly #folders: ProfileFolders
  readonly #url: string
  readonly #flags: Flags
  #identity: Identity | undefined
  #relayKey = new Uint8Array(0)
  #kept = false

  constructor (folders: ProfileFolders, offer: Offer, flags: Flags) {
    this.#folders = folders
    this.#flags = flags
    this.#url = offer.url
    const expected = offeredRelay(offer)
    this.opening = {
      folders,
      url: offer.url,
      ownName: flags.as === undefined ? undefined : cleanName(flags.as),
      identity: async () => this.#identity = createIdentity(),
      relay: async peer => {
        this.#relayKey = new Uint8Array(peer.publicKey)
        return expected(peer)
      }
    }
  }

  /** @throws as {@link makeProfile} (as rejections) */
  async keep (): Promise<void> {
    const secret = await givenPassphrase(this.#flags)
    const relay = formatRelayAddress({ url: this.#url, relay: this.#relayKey })
    await makeProfile(this.#folders, this.#identity as Identity, { relay, name: this.opening.ownName }, secret)
    if (secret !== undefined) wipe(secret)
    this.#kept = true
  }

  /** What was begun is nobody's, unless it was kept. */
  async discard (): Promise<void> {
    if (!this.#kept) await rm(this.#folders.data, { recursive: true, force: true })
  }
}
