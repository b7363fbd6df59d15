import { formatUuid, uuidKey, type Uuid } from '../../bytes/index.js'
import { voiceGroups, type Contact } from '../../relay/index.js'
import { abortable, deadline, deferred, ignore, streamError, type Deferred } from '../../stream/index.js'
import { Desk } from '../chat/desk.js'
import { Untaken } from '../chat/untaken.js'
import { messageOf } from '../errors.js'
import { cleanName } from '../names.js'
import type { Session } from '../session.js'
import { plainLine } from '../terminal/plain-text.js'

/** Milliseconds that the other side has to say its name. */
const NAME_TIMEOUT = 5000

/** What two sides do when they have each other's keys: they say their names. */
export class Meeting {
  readonly #session: Session
  readonly #desk: Desk
  readonly #ownName: string | undefined
  readonly #names = new Map<string, Deferred<string>>()

  private constructor (session: Session, desk: Desk, ownName: string | undefined) {
    this.#session = session
    this.#desk = desk
    this.#ownName = ownName
  }

  /**
   * Begins to read mail, in which names come; texts among it are kept for chat.
   *
   * @param as - what we are called this time; see `checkNames`
   * @throws what the store does (as rejections)
   */
  static async open (session: Session, as: string | undefined): Promise<Meeting> {
    const meeting = new Meeting(session, await Desk.open(session), as === undefined ? session.ownName : cleanName(as))
    meeting.#desk.read({ onName: (from, name) => { meeting.#named(from).resolve(name) } }).catch(ignore)
    return meeting
  }

  /**
   * Says our name, waits for theirs, and tells who it is.
   *
   * @param name - what they are to be called, whatever they call themselves
   * @throws what the store does (as rejections)
   */
  async greet ({ id, publicKey }: Contact, name: string | undefined): Promise<void> {
    const { names, output, signal } = this.#session
    // they are paired already, so a name that another contact has is no failure
    if (name !== undefined) await names.set(id, name).catch((error: unknown) => { output.warn(`not called ${plainLine(name)}: ${plainLine(messageOf(error))}; see hushwire contacts rename`) })
    // a name that does not arrive is no failure: the keys are there
    const untaken = new Untaken(output, { what: 'our name', later: 'Both are paired already; it is tried again by itself, until Ctrl-C.' })
    await this.#desk.introduce(id, this.#ownName, { signal, onRetry: untaken.again }).catch((error: unknown) => { output.warn(`our name could not be sent: ${plainLine(messageOf(error))}`) })
    const told = await this.#told(id)
    const about = { id: formatUuid(id), name: names.of(id), callsItself: told === undefined || told === '' ? undefined : plainLine(told), publicKey: Buffer.from(publicKey).toString('base64url'), fingerprint: voiceGroups(publicKey) }
    output.event('paired', about)
    output.line(`paired with ${output.paint('bold', about.name)}, id ${about.id}`)
    output.line(`fingerprint ${about.fingerprint}; compare it by voice with what hushwire id show says there`)
    output.note(`now: ${output.situation.own(`chat ${quoted(about.name)}`)}`)
  }

  async #told (id: Uuid): Promise<string | undefined> {
    const limit = deadline(this.#session.signal, NAME_TIMEOUT, () => streamError('ERR_TIMEOUT', 'a name'))
    return abortable(this.#named(id).promise, limit.signal).catch(() => undefined).finally(limit.done)
  }

  #named (id: Uuid): Deferred<string> {
    const key = uuidKey(id)
    const known = this.#names.get(key) ?? deferred<string>()
    this.#names.set(key, known)
    return known
  }
}

/** As a shell takes it. */
export function quoted (name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
}
