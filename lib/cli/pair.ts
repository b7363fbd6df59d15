import { Command } from 'commander'
import type { Peer } from '../nova/index.js'
import { offerIn, parseOffer } from '../relay/index.js'
import { deferred } from '../stream/index.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { FreshProfile } from './pair/fresh-profile.js'
import { Meeting } from './pair/meeting.js'
import { answerOffer, tellOffer, untilAnswered } from './pair/offer.js'
import { checkNames, minutes, type NameFlags } from './pair/options.js'
import { withClient } from './session.js'
import type { Output } from './terminal/output.js'

const MINUTE = 60_000

interface Flags extends ClientFlags, NameFlags {
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
    .action(action(async (flags: Flags, [offer], output, command) => {
      checkNames(flags)
      await (offer === undefined ? show(flags, output, command) : answer(offer, flags, output, command))
    }))
}

async function show (flags: Flags, output: Output, command: string): Promise<void> {
  const came = deferred<Peer>()
  await withClient({ flags, output, command, connect: { onPaired: came.resolve } }, async session => {
    const expires = Math.round(flags.expires * MINUTE)
    const offer = await session.client.offer({ expires })
    const meeting = await Meeting.open(session, flags.as)
    tellOffer(offer, { minutes: flags.expires, other: 'hushwire pair OFFER' }, output)
    const peer = await untilAnswered(session, came.promise, expires)
    output.status()
    await meeting.greet(peer, flags.name)
  })
}

async function answer (given: string, flags: Flags, output: Output, command: string): Promise<void> {
  output.situation.offer = { given, maker: 'hushwire pair' }
  const text = offerIn(given) ?? given
  const fresh = await FreshProfile.unlessThere(flags, parseOffer(text), flags.as)
  output.situation.fresh = fresh !== undefined
  try {
    await withClient({ flags, output, command, opening: fresh?.opening }, async session => {
      const meeting = await Meeting.open(session, flags.as)
      await fresh?.keep()
      const contact = await answerOffer(text, session)
      fresh?.tell(output)
      await meeting.greet(contact, flags.name)
    })
  } catch (error) {
    await fresh?.failed(error, output)
    throw error
  }
}
