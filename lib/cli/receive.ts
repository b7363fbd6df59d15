import { Command, Option } from 'commander'
import type { Uuid } from '../bytes/index.js'
import { FILES_KIND } from '../files/index.js'
import { offerIn, parseOffer } from '../relay/index.js'
import { abortable } from '../stream/index.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { cliError } from './errors.js'
import { FolderDestination, type WhenThere } from './files/folder-destination.js'
import { meetingOptions, type MeetingFlags } from './files/options.js'
import { Questions } from './files/question.js'
import { ReceptionDesk } from './files/reception-desk.js'
import { FreshProfile } from './pair/fresh-profile.js'
import { Meeting } from './pair/meeting.js'
import { answerOffer } from './pair/offer.js'
import { checkNames } from './pair/options.js'
import { withClient, type Session } from './session.js'
import { EXIT } from './terminal/failure.js'
import type { Output } from './terminal/output.js'
import { plainLine } from './terminal/plain-text.js'

interface Flags extends ClientFlags, MeetingFlags {
  readonly yes?: true
  readonly once?: true
  readonly from?: string
  readonly overwrite?: true
  readonly rename?: true
}

const HELP = `
  hushwire receive downloads 'hushwire:AQ…'   # answers the offer that hushwire send shows, and takes its files
  hushwire receive downloads                  # takes files of contacts, asks each time, until Ctrl-C
  hushwire receive backups --from laptop --yes --overwrite

Nothing is overwritten unless that is asked for: a transfer with a file that is there already is refused before its first byte. What has come of a
transfer that was cut off is kept in DIR/.hushwire-part, and goes on when it is sent again; what never is stays there until you take it away. Each file is compared with its SHA-256 and written through
before it is put in its place. With an offer, or --once, it ends after one transfer: with 0 when all its files are there, with 1 when some are not.`

/** `hushwire receive DIR [OFFER]`: files of contacts, or of whom has shown an offer. */
export function receiveCommand (): Command {
  return meetingOptions(clientOptions(new Command('receive').description('Receive files into a folder.').argument('<dir>', 'made when it is not there').argument('[offer]', 'what hushwire send shows')))
    .option('--yes', 'take everything that contacts send, without asking')
    .option('--once', 'end after one transfer')
    .option('--from <peer>', 'take files of this contact only')
    .addOption(new Option('--overwrite', 'overwrite files that are there').conflicts('rename'))
    .option('--rename', 'give what comes another name where something is there')
    .addHelpText('after', HELP)
    .action(action((flags: Flags, [path = '', offer], output, command) => {
      checkNames(flags)
      // it would become the name of a folder, and the secret in it be seen by all who list that
      if (offerIn(path) !== undefined) throw cliError('ERR_CLI_OPTION', 'DIR is missing: hushwire receive DIR OFFER')
      return offer === undefined ? fromContacts(path, flags, output, command) : fromOffer(path, offer, flags, output, command)
    }))
}

async function fromContacts (path: string, flags: Flags, output: Output, command: string): Promise<number> {
  // nor is one asked who sees neither the list nor the question
  if (flags.yes !== true && !(output.interactive && process.stdin.isTTY)) throw cliError('ERR_CLI_OPTION', 'nobody can be asked here whether files are wanted; give --yes, or an offer')
  const questions = flags.yes === true ? undefined : new Questions()
  const destination = await destinationOf(path, flags, output)
  return withClient({ flags, output, command }, session => {
    const only = flags.from === undefined ? undefined : session.names.resolve(flags.from).id
    const desk = deskOf(session, { path, flags, destination, questions, once: flags.once === true }, only)
    output.event('ready', { folder: destination.path })
    output.status('waiting for files; Ctrl-C ends')
    return desked(session, desk, flags.once === true)
  })
}

/** Pairs with whom has shown the offer, and takes one transfer. */
async function fromOffer (path: string, given: string, flags: Flags, output: Output, command: string): Promise<number> {
  if (flags.from !== undefined) throw cliError('ERR_CLI_OPTION', 'an offer says already from whom')
  output.situation.offer = { given, maker: 'hushwire send FILE' }
  const text = offerIn(given) ?? given
  const fresh = await FreshProfile.unlessThere(flags, parseOffer(text), flags.as)
  output.situation.fresh = fresh !== undefined
  try {
    const destination = await destinationOf(path, flags, output)
    return await withClient({ flags, output, command, opening: fresh?.opening }, async session => {
      const desk = deskOf(session, { path, flags, destination, questions: undefined, once: true }, 'later')
      const meeting = await Meeting.open(session, flags.as)
      await fresh?.keep()
      desk.from(parseOffer(text).id)
      const contact = await answerOffer(text, session)
      fresh?.tell(output)
      await meeting.greet(contact, flags.name)
      return desked(session, desk, true)
    })
  } catch (error) {
    await fresh?.failed(error, output)
    throw error
  }
}

interface DeskParts {
  readonly path: string
  readonly flags: Flags
  readonly destination: FolderDestination
  readonly questions: Questions | undefined
  readonly once: boolean
}

function deskOf (session: Session, { path, flags, destination, questions, once }: DeskParts, only: Uuid | undefined | 'later'): ReceptionDesk {
  const desk = new ReceptionDesk(session, { destination, folder: path, names: flags.anyName === true ? 'any' : 'portable', questions, once }, only)
  session.onStream(FILES_KIND, desk.take)
  return desk
}

/** Takes files until there was one transfer, or until it is told to end. */
async function desked ({ signal, output }: Session, desk: ReceptionDesk, once: boolean): Promise<number> {
  try {
    const received = await abortable(once ? desk.over : new Promise<never>(() => {}), signal)
    if (received.type === 'failed') throw received.error
    return received.type === 'done' && received.failures.length === 0 ? EXIT.done : EXIT.failed
  } finally {
    await desk.settled()
    if (signal.aborted) output.note('stopped; what has come of transfers is kept, and goes on when they are sent again')
  }
}

function destinationOf (path: string, { overwrite, rename }: Flags, output: Output): Promise<FolderDestination> {
  const whenThere: WhenThere = overwrite === true ? 'overwrite' : rename === true ? 'rename' : 'refuse'
  return FolderDestination.at(path, whenThere, (name, other) => {
    output.event('renamed', { name, other })
    output.note(`${plainLine(name)} is there already; what comes goes to ${plainLine(other)}`)
  })
}
