import type { Role } from '../../lib/noise/index.js'
import type { Case } from '../harness/peer.js'
import { meet, refuse } from './meet.js'
import type { Scenario, Spoilt, Step } from './scenario.js'

// A covering selection, not the product of everything: each pattern, each psk variant, each suite, each kind of traffic
// and each refusal is met in both roles; the other choices take turns from one case to the next.

const PATTERNS = ['NN', 'NK', 'NX', 'KN', 'KK', 'KX', 'XN', 'XK', 'XX', 'IN', 'IK', 'IX', 'N', 'K', 'X']
const SUITES = ['ChaChaPoly', 'AESGCM'].flatMap(cipher => ['SHA256', 'SHA512', 'BLAKE2s', 'BLAKE2b'].map(hash => `${cipher}_${hash}`))
const CIPHERS = ['ChaChaPoly_SHA256', 'AESGCM_BLAKE2b']
const ROLES: readonly Role[] = ['initiator', 'responder']

/** A few messages each way, one after another and back and forth. */
const TALK: readonly Step[] = [
  { do: 'send', messages: 3, size: 1000 },
  { do: 'receive', messages: 3, size: 4 },
  { do: 'echo', messages: 10, size: 100 }
]

/** The largest messages that there are: 64 MiB of them each way. */
const LARGEST = 65_519
const LARGE_MESSAGES = Math.ceil(64 * 2 ** 20 / LARGEST)
const LARGE: readonly Step[] = [{ do: 'send', messages: LARGE_MESSAGES, size: LARGEST }, { do: 'receive', messages: LARGE_MESSAGES, size: LARGEST }]
/** Writes that the channel layer has to cut. */
const CUT: readonly Step[] = [{ do: 'send', messages: 64, size: 2 ** 20 }, { do: 'receive', messages: LARGE_MESSAGES, size: LARGEST }]
const MANY: readonly Step[] = [{ do: 'send', messages: 100_000, size: 32 }, { do: 'receive', messages: 100_000, size: 32 }, { do: 'echo', messages: 10_000, size: 32 }]

/** New keys after 3 messages and after 10 more, and twice in a row. */
const REKEY: readonly Step[] = [
  { do: 'echo', messages: 3, size: 50 }, { do: 'rekey' },
  { do: 'echo', messages: 10, size: 50 }, { do: 'rekey' }, { do: 'rekey' },
  { do: 'send', messages: 5, size: LARGEST }, { do: 'receive', messages: 5, size: 50 }
]

/**
 * The largest payloads that the messages of XX have room for beside their keys and tags. The first message has no tag,
 * but snow leaves room for one in all that it writes.
 */
const xxPayloads = (weAre: Role): number[] => [65_535 - 32 - (weAre === 'initiator' ? 0 : 16), 65_535 - 32 - 48 - 16, 65_535 - 48 - 16]

/** Messages that are full, so that the channel layer neither cuts nor gathers: three of them each way, then new keys. */
const AUTOMATIC_REKEY: readonly Step[] = [1, 2, 3].flatMap(() => [{ do: 'echo', messages: 3, size: LARGEST }, { do: 'rekey' }] as const)

/** The cases of a Noise peer; `psks` are the patterns with psk modifiers that it knows. */
export function noiseCases (psks: readonly string[]): Case[] {
  const cases: Case[] = []
  const add = (title: string, scenario: Omit<Scenario, 'prefix'>, more: Omit<Case, 'name' | 'run'> = {}, refuses?: Role): void => {
    // both kinds of lengths take turns, out of step with the roles and with channels
    const whole: Scenario = { ...scenario, prefix: cases.length % 3 === 2 ? 2 : 4 }
    cases.push({
      ...more,
      name: `${scenario.protocol.slice('Noise_'.length)} as ${scenario.weAre}: ${title}${scenario.channel === true ? ', channel' : ''}`,
      run: context => refuses === undefined ? meet(context, whole) : refuse(context, whole, refuses)
    })
  }
  for (const [index, pattern] of [...PATTERNS, ...psks].entries()) {
    const suite = SUITES[(index * 3) % SUITES.length] ?? ''
    for (const channel of [false, true]) {
      for (const weAre of ROLES) add('talk', { protocol: `Noise_${pattern}_25519_${suite}`, weAre, channel, steps: talkOf(pattern, weAre) }, { portable: index % 3 === 2 })
    }
  }
  for (const suite of SUITES) {
    for (const weAre of ROLES) add('largest payloads', { protocol: `Noise_XX_25519_${suite}`, weAre, payloads: xxPayloads(weAre), steps: TALK }, { portable: true })
  }
  for (const suite of CIPHERS) {
    for (const channel of [false, true]) {
      for (const weAre of ROLES) add('rekey', { protocol: `Noise_XX_25519_${suite}`, weAre, channel, steps: REKEY }, { portable: true })
      add('64 MiB in large messages each way', { protocol: `Noise_XX_25519_${suite}`, weAre: 'initiator', channel, steps: channel ? CUT : LARGE }, { timeout: 60_000 })
      add('100,000 small messages each way', { protocol: `Noise_IK_25519_${suite}`, weAre: 'responder', channel, steps: MANY }, { timeout: 60_000 })
    }
  }
  for (const weAre of ROLES) add('automatic rekey', { protocol: 'Noise_XX_25519_ChaChaPoly_SHA256', weAre, channel: true, rekeyAfter: 3, steps: AUTOMATIC_REKEY })
  const spoil = (pattern: string, spoilt: Spoilt, refuses: Role | 'receiver'): void => {
    for (const [index, weAre] of ROLES.entries()) {
      const receiver = (spoilt === 'a message of ours') === (weAre === 'initiator') ? 'responder' : 'initiator'
      // what the channel layer sends cannot be changed from here
      for (const channel of spoilt === 'a message of ours' ? [false] : [false, true]) {
        const scenario = { protocol: `Noise_${pattern}_25519_${CIPHERS[index] ?? ''}`, weAre, channel, spoilt, steps: stepsOf(spoilt) }
        add(`refused, ${spoilt} wrong`, scenario, { portable: true }, refuses === 'receiver' ? receiver : refuses)
      }
    }
  }
  spoil('NNpsk0', 'psk', 'responder')
  spoil('XXpsk3', 'psk', 'responder')
  spoil('IKpsk2', 'psk', 'initiator')
  spoil('XX', 'prologue', 'initiator')
  spoil('IK', 'prologue', 'responder')
  spoil('NK', 'responder key', 'responder')
  spoil('XX', 'a message of ours', 'receiver')
  spoil('XX', 'a message of theirs', 'receiver')
  return cases
}

/** A one-way pattern has messages of the initiator only. */
function talkOf (pattern: string, weAre: Role): readonly Step[] {
  if (/^[NKX]{2}|^I/.test(pattern)) return TALK
  return [{ do: weAre === 'initiator' ? 'send' : 'receive', messages: 10, size: 1000 }]
}

function stepsOf (spoilt: Spoilt): readonly Step[] {
  if (spoilt === 'a message of ours') return [{ do: 'send', messages: 10, size: 1000 }, { do: 'receive', messages: 1, size: 10 }]
  if (spoilt === 'a message of theirs') return [{ do: 'receive', messages: 10, size: 1000 }, { do: 'send', messages: 1, size: 10 }]
  return TALK
}
