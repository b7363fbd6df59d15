import { RELAY_CODES } from '../../../nova/index.js'
import { PREKEY_ID_BYTES, RELAY_VERSION } from '../../wire/index.js'
import type { Member } from '../member.js'
import { Refusal } from '../refusal.js'
import type { Service } from '../service.js'
import type { Operation } from './operation.js'

const MAX_U32 = 2 ** 32 - 1
const NO_PREKEY = new Uint8Array(PREKEY_ID_BYTES)

/** Registers who asks, or knows it, and lets it take its place. */
export function hello (service: Service, onPresent: (member: Member) => void): Operation<'hello'> {
  const { directory, mailbox, registrar, report } = service
  return async (member, { version, invite }) => {
    if (version !== RELAY_VERSION) throw new Refusal(RELAY_CODES.malformed)
    // its place has been taken; it must come again to take it back
    if (member.gone || !member.listed) throw new Refusal(RELAY_CODES.notRegistered)
    if (await registrar.admit(member.remote, invite)) report({ type: 'registered', id: member.id })
    const [prekeys, lastResort] = await Promise.all([directory.prekeys(member.id), directory.lastResort(member.id)])
    if (!member.registered) await enter(service, member, onPresent)
    return {
      answered: {
        prekeys,
        lastResort: lastResort?.id ?? NO_PREKEY,
        maxMail: u64(mailbox.limits.maxMessage),
        maxOutstanding: Math.min(mailbox.limits.dedupWindow, MAX_U32),
        maxPrekeys: Math.min(directory.limits.maxPrekeys, MAX_U32)
      }
    }
  }
}

async function enter ({ exchange }: Service, member: Member, onPresent: (member: Member) => void): Promise<void> {
  if (member.gone) return
  await exchange.enter(member)
  // it ended meanwhile, or a newer one has the place, and nothing would ever take it out again
  if (member.gone) exchange.leave(member)
  else {
    member.registered = true
    onPresent(member)
  }
}

/** Who has an account. */
export function lookup ({ directory, exchange, presence }: Service): Operation<'lookup'> {
  return async (_member, { id }) => {
    const account = await directory.account(id)
    if (account === undefined) throw new Refusal(RELAY_CODES.unknownTarget)
    const { staticKey, proof } = account
    return { answered: { staticKey, proof, online: presence && await exchange.online(id) } }
  }
}

/** Who has an account, and a key to write to it. */
export function takePrekey ({ directory }: Service): Operation<'takePrekey'> {
  return async (_member, { id }) => {
    const account = await directory.account(id)
    if (account === undefined) throw new Refusal(RELAY_CODES.unknownTarget)
    const handed = await directory.takePrekey(id)
    if (handed === undefined) throw new Refusal(RELAY_CODES.noPrekey)
    const { staticKey, proof } = account
    const { oneTime, ...prekey } = handed
    return { answered: { staticKey, proof, prekey, oneTime } }
  }
}

/** Takes prekeys of the asker in. */
export function publish ({ directory }: Service): Operation<'publish'> {
  return async ({ id }, { replace, oneTime, lastResort }) => {
    const [last, more] = lastResort
    if (more !== undefined) throw new Refusal(RELAY_CODES.malformed)
    const prekeys = await directory.addPrekeys(id, oneTime, { replace })
    if (last !== undefined) await directory.setLastResort(id, last)
    return { answered: { prekeys } }
  }
}

function u64 (value: number): bigint {
  return value === Infinity ? 2n ** 64n - 1n : BigInt(value)
}
