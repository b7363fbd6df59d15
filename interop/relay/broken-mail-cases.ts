import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomUuid, toHex, uuidKey } from '../../lib/bytes/index.js'
import { MAIL_HEADER_BYTES, sealMail, verifyPrekey } from '../../lib/nova/mail/index.js'
import { provenPeer } from '../../lib/relay/client/client.js'
import { HushwireError, join, type Bytes } from '../../lib/stream/index.js'
import type { RawClient } from '../../spec/relay/raw.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf } from '../nova/contents.js'
import type { Received, Step } from './job.js'
import { allWell, done, HELLO, Meeting, uuidOf } from './meeting.js'
import { sent, take } from './mail-cases.js'

const CONTENT = { seed: 7, size: 100_000 }
const GOOD = { seed: 8, size: 1000 }

/** How the Go client breaks mail, and what ours says of it. */
const BROKEN: ReadonlyArray<readonly [name: string, code: string]> = [
  ['version', 'ERR_SEALED_MAIL_VERSION'],
  ['prekey', 'ERR_SEALED_MAIL_UNKNOWN_PREKEY'],
  ['length', 'ERR_SEALED_MAIL_LENGTH'],
  ['ephemeral', 'ERR_SEALED_MAIL_AUTH'],
  ['static', 'ERR_SEALED_MAIL_AUTH'],
  ['proof', 'ERR_SEALED_MAIL_AUTH'],
  ['kind', 'ERR_SEALED_MAIL_AUTH'],
  ['sender', 'ERR_SEALED_MAIL_SENDER'],
  ['chunk', 'ERR_SESSION_AUTH'],
  ['chunk size', 'ERR_SESSION_CHUNK_SIZE'],
  ['final byte', 'ERR_SESSION_FINAL_FLAG'],
  ['cut', 'ERR_SESSION_TRUNCATED'],
  ['header only', 'ERR_SESSION_NO_FINAL'],
  ['no final', 'ERR_SESSION_NO_FINAL'],
  ['final twice', 'ERR_SESSION_TRAILING'],
  ['after', 'ERR_SESSION_TRAILING'],
  ['nothing', 'ERR_SESSION_EMPTY'],
  ['no zlib', 'ERR_ZLIB_DATA'],
  ['empty chunk', 'ERR_ZLIB_TRUNCATED'],
  ['zlib cut', 'ERR_ZLIB_TRUNCATED'],
  ['after zlib', 'ERR_ZLIB_TRAILING']
]

/** Theirs is wrong in every way that there is; ours refuses each, and takes what comes behind. */
async function theirsBroken (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const broken = BROKEN.map(([name]): Step => ({ do: 'mail', to: ours.id, kind: '9', content: CONTENT, broken: name }))
    const theirs = await meeting.theirs(1, { steps: [HELLO, ...broken, { do: 'mail', to: ours.id, kind: '1', content: GOOD }] })
    deepEqual(await take(ours.client.messages[Symbol.asyncIterator](), 1), sent(theirs.id, [GOOD]))
    allWell(await theirs.end())
    const codes: Array<readonly [string, string]> = []
    for (const [name] of BROKEN) {
      const { value } = await ours.rejected.next()
      codes.push([name, value?.error instanceof HushwireError ? value.error.code : String(value?.error)])
    }
    deepEqual(codes, BROKEN)
  })
}

/** The same body under another id: of a one-time prekey and of a last resort. */
async function theirsAgain (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours({ prekeyLimits: { oneTime: 1 } })
    const mail: Step = { do: 'mail', to: ours.id, kind: '1', content: GOOD, broken: 'none' }
    const theirs = await meeting.theirs(1, { steps: [HELLO, mail, { ...mail, again: true }, mail, { ...mail, again: true }] })
    deepEqual(bareKinds(await take(ours.client.messages[Symbol.asyncIterator](), 2)), ['1', '1'])
    allWell(await theirs.end())
    const errors = [(await ours.rejected.next()).value?.error, (await ours.rejected.next()).value?.error]
    ok(errors.every(error => error instanceof HushwireError), errors.join(' '))
  })
}

function bareKinds (mails: readonly Received[]): string[] {
  return mails.map(({ kind }) => kind)
}

/** A body of ours to a prekey of theirs. */
async function sealed (raw: RawClient, to: string): Promise<Uint8Array> {
  const recipient = uuidOf(to)
  const answer = await raw.ask('takePrekey', { id: recipient })
  const prekey = verifyPrekey(provenPeer(answer, recipient).publicKey, answer.prekey)
  const pieces: Bytes[] = []
  for await (const piece of sealMail([contentOf(CONTENT)], { identity: raw.identity, prekey, route: { target: recipient, source: raw.id, kind: 1n } })) pieces.push(piece)
  return join(pieces.map(piece => piece instanceof Uint8Array ? piece : piece.subarray()))
}

/** Where a bit of ours is changed: version, prekey, length, the three parts of the Noise message, head, content and tag of a chunk. */
const FLIPPED = [0, 1, 9, 10, 12, 50, 120, MAIL_HEADER_BYTES - 1, MAIL_HEADER_BYTES, MAIL_HEADER_BYTES + 4, MAIL_HEADER_BYTES + 5, -1]

/** Ours is wrong by a bit, cut, longer, of another kind, or comes again; theirs refuses each, and takes what comes behind. */
async function oursBroken (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const raw = await meeting.raw()
    const count = FLIPPED.length + 5
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'publish', oneTime: 3, lastResort: true }, { do: 'watch', ids: [toHex(raw.id)] }, { do: 'receive', count, maxUntaken: 3 }] })
    const { id } = await meeting.server.happened('connected', 2)
    equal(uuidKey(id), uuidKey(uuidOf(theirs.id)))
    await published(raw, theirs.id)
    const bodies: Uint8Array[] = []
    for (const at of FLIPPED) {
      const body = await sealed(raw, theirs.id)
      const index = at < 0 ? body.byteLength + at : at
      body[index] = (body[index] ?? 0) ^ 1
      bodies.push(body)
    }
    const good = await sealed(raw, theirs.id)
    bodies.push(good.slice(0, -1), join([good, Uint8Array.of(0)]))
    for (const body of bodies) await raw.mail(uuidOf(theirs.id), body)
    await raw.mail(uuidOf(theirs.id), good, { kind: 2n })
    await raw.mail(uuidOf(theirs.id), good)
    await raw.mail(uuidOf(theirs.id), good, { id: randomUuid() })
    const report = await theirs.end()
    allWell(report)
    const mails = done<Received[]>(report, 'receive')
    deepEqual(mails.map(({ error = '' }) => error.split(':')[0]), Array.from({ length: count }, (_, index) => index === count - 2 ? '' : 'refused'))
    equal(mails.at(-2)?.sha256, digestOf(contentOf(CONTENT)).sha256)
  })
}

/** Waits until they have a prekey. */
async function published (raw: RawClient, id: string): Promise<void> {
  while (await raw.statusOf('takePrekey', { id: uuidOf(id) }) !== 0);
}

/** Mail that must not open. */
export const BROKEN_MAIL_CASES: readonly Case[] = [
  { name: `mail of theirs that is wrong in ${BROKEN.length} ways is refused`, portable: true, run: theirsBroken },
  { name: 'mail of theirs that comes again under another id is refused', run: theirsAgain },
  { name: `mail of ours that is wrong in ${FLIPPED.length + 4} ways is refused`, run: oursBroken }
]
