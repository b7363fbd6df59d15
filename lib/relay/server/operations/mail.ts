import { RELAY_CODES } from '../../../nova/index.js'
import { asError, delayOf, HushwireError } from '../../../stream/index.js'
import { Deliveries } from '../deliveries.js'
import { Passage } from '../passage.js'
import { Refusal } from '../refusal.js'
import type { Service } from '../service.js'
import { Storing } from '../storing.js'
import type { Operation } from './operation.js'

/** Stores mail as it comes; the answer says that it is on disk. */
export function mail ({ directory, mailbox, limits, report }: Service): Operation<'mail'> {
  const storing = new Storing(limits.storingGrace)
  return (member, { id, recipient, kind, lifetime }, body) => member.storing.use(async () => {
    if (await directory.account(recipient) === undefined) throw new Refusal(RELAY_CODES.unknownTarget)
    const sender = member.id
    const passage = new Passage(body)
    // who leaves mail unfinished takes a place in the mailbox from others
    const timer = setInterval(() => { passage.cutIfIdle(limits.maxIdle) }, delayOf(limits.maxIdle))
    storing.begin(passage)
    try {
      const outcome = await mailbox.put({ id, sender, recipient, kind, lifetime: lifetime === 0n ? undefined : Number(lifetime) }, passage)
      const duplicate = outcome === 'duplicate'
      report(duplicate ? { type: 'mail-duplicate', sender, recipient } : { type: 'mail-stored', sender, recipient, bytes: passage.bytes })
      return { answered: { duplicate } }
    } catch (error) {
      if (error instanceof HushwireError && error.code === 'ERR_MAIL_BUSY') storing.cutSlowest()
      throw error
    } finally {
      clearInterval(timer)
      storing.end(passage)
    }
  })
}

/** Begins deliveries to the asker's connection, instead of those that there were. */
export function receive (service: Service): Operation<'receive'> {
  const { mailbox, limits, report } = service
  return async (member, { after, maxUntaken }) => {
    if (maxUntaken === 0) throw new Refusal(RELAY_CODES.malformed)
    member.deliveries?.end()
    const deliveries = new Deliveries({
      mailbox,
      recipient: member.id,
      link: member.link,
      passages: member.passages,
      after: position(after),
      maxUntaken: Math.min(maxUntaken, limits.maxUntaken),
      report
    })
    member.deliveries = deliveries
    if (member.gone || service.draining) deliveries.end()
    return { answered: {}, after: () => { void deliveries.run() } }
  }
}

/** Deletes what the asker has taken. */
export function taken ({ mailbox, limits, report }: Service): Operation<'taken'> {
  return async (member, { positions }) => {
    if (positions.length > limits.maxTaken) throw new Refusal(RELAY_CODES.limit)
    // at once, so that a store can write them together
    const results = await Promise.allSettled(positions.map(async wire => {
      const at = position(wire)
      const deleted = await mailbox.acknowledge(member.id, at)
      member.deliveries?.taken(at)
      return deleted
    }))
    const messages = results.filter(result => result.status === 'fulfilled' && result.value).length
    if (messages > 0) report({ type: 'mail-taken', recipient: member.id, messages })
    const failed = results.find(result => result.status === 'rejected')
    if (failed !== undefined) throw asError(failed.reason)
    return { answered: {} }
  }
}

/** A position as the mailbox has it; none is above 2^53 - 1. */
function position (wire: bigint): number {
  return Math.min(Number(wire), Number.MAX_SAFE_INTEGER - 1)
}
