import { Command } from 'commander'
import { formatUuid } from '../bytes/index.js'
import { durationOf, sendFiles, type Sent, type SourceFile } from '../files/index.js'
import type { Peer } from '../nova/index.js'
import { deferred } from '../stream/index.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { failureCode } from './errors.js'
import { filesAmount } from './files/amounts.js'
import { meetingOptions, type MeetingFlags } from './files/options.js'
import { sourceTree } from './files/source-tree.js'
import { stateTeller } from './files/state-teller.js'
import { TransferBar } from './files/transfer-bar.js'
import { whyOf } from './files/why.js'
import type { NamedContact } from './names.js'
import { Meeting } from './pair/meeting.js'
import { tellOffer, untilAnswered } from './pair/offer.js'
import { checkNames, minutes } from './pair/options.js'
import { withClient, type Session } from './session.js'
import { EXIT } from './terminal/failure.js'
import type { Output } from './terminal/output.js'
import { plainLine } from './terminal/plain-text.js'

const MINUTE = 60_000

interface Flags extends ClientFlags, MeetingFlags {
  readonly to?: string
  readonly follow?: true
  readonly wait: number
  readonly expires: number
}

const HELP = `
  hushwire send report.pdf                    # shows an offer; on the other side: hushwire receive DIR OFFER
  hushwire send report.pdf photos --to alice  # on the other side: hushwire receive DIR

Folders go with all that is in them. Links in them are left out unless --follow is given. Files keep their time, and whether they can be run.
When the connection or either side goes away in the middle, the same command goes on where it was. Each file is compared with its
SHA-256 before it is put in its place. It ends with 0 when all files are there, with 1 when some are not, and with 4 when the other side
is not there for too long, or does not want them.`

/** `hushwire send FILE…`: files to a contact, or to whom has the offer that is shown. */
export function sendCommand (): Command {
  return meetingOptions(clientOptions(new Command('send').description('Send files and folders; goes on where it was after a cut.').argument('<file...>', 'files and folders')))
    .option('--to <peer>', 'name, id, or the beginning of an id; else an offer is shown')
    .option('--follow', 'send what links in folders lead to')
    .option('--wait <minutes>', 'for how long to wait for the other side, at the start and after a cut', minutes, 60)
    .option('--expires <minutes>', 'for how long the offer is good', minutes, 10)
    .addHelpText('after', HELP)
    .action(action(async (flags: Flags, paths, output, command) => {
      checkNames(flags)
      const files = await sourceTree(paths, { follow: flags.follow, names: flags.anyName === true ? 'any' : 'portable', onLeftOut: (path, why) => { output.warn(`${plainLine(path)} is left out: ${why}`) } })
      const came = deferred<Peer>()
      return withClient({ flags, output, command, connect: { onPaired: came.resolve } }, async session => {
        const peer = flags.to === undefined ? await met(session, came.promise, flags) : session.names.resolve(flags.to)
        return send(session, peer, files, flags)
      })
    }))
}

/** Shows an offer, and waits for whom has it. */
async function met (session: Session, coming: Promise<Peer>, { name, as, expires }: Flags): Promise<NamedContact> {
  const { client, names, output } = session
  const milliseconds = Math.round(expires * MINUTE)
  const offer = await client.offer({ expires: milliseconds })
  const meeting = await Meeting.open(session, as)
  tellOffer(offer, { minutes: expires, other: 'hushwire receive DIR OFFER' }, output)
  const peer = await untilAnswered(session, coming, milliseconds)
  output.status()
  await meeting.greet(peer, name)
  return { id: peer.id, publicKey: peer.publicKey, name: names.of(peer.id) }
}

async function send ({ client, connection, output, signal }: Session, peer: NamedContact, files: readonly SourceFile[], { wait, anyName }: Flags): Promise<number> {
  const bar = new TransferBar(output, { peer: formatUuid(peer.id) })
  const milliseconds = Math.round(wait * MINUTE)
  try {
    const sent = await sendFiles(client, peer.id, files, {
      signal,
      names: anyName === true ? 'any' : 'portable',
      limits: { answerTimeout: milliseconds, retryTimeout: milliseconds },
      onState: stateTeller({ connection, output, bar, name: peer.name }),
      onProgress: progress => { bar.update(progress) }
    })
    bar.stop()
    return told(output, peer, { ...sent, bytes: bytesOf(files, sent) }, bar.time)
  } catch (error) {
    bar.stop()
    if (signal.aborted) output.note('stopped; what has come is kept there, and the same command goes on where it was')
    // it is not the other side that was not reached
    throw failureCode(error) === 'ERR_FILES_UNREACHABLE' ? connection.lost(error) ?? error : error
  }
}

function told (output: Output, { id, name }: NamedContact, { bytes, files, failures, id: transfer }: Sent, time: number): number {
  output.status()
  for (const { path, error } of failures) output.warn(`${plainLine(path)} was not sent: ${whyOf(error)}`)
  output.event('sent', { transfer, peer: formatUuid(id), files: files - failures.length, bytes, failures: failures.map(({ path, error }) => ({ path, code: failureCode(error), message: error.message })), milliseconds: Math.round(time) })
  output.line(`sent ${filesAmount(files - failures.length, bytes)} to ${name} in ${durationOf(time / 1000)}`)
  return failures.length > 0 ? EXIT.failed : EXIT.done
}

/** Bytes of the files that are there. */
function bytesOf (files: readonly SourceFile[], { bytes, failures }: Sent): number {
  const failed = new Set(failures.map(({ path }) => path))
  return files.reduce((left, { path, size }) => failed.has(path) ? left - size : left, bytes)
}
