import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { patternOf } from '../../lib/noise/modifiers.js'
import { PATTERNS, type Pattern, type PatternName } from '../../lib/noise/index.js'
import { alice, codeOf, endOf, endsOf, play, playOn, pskOf } from './support.js'

/** Every subset of psk0 to the last place, with and without hfs: each name that there is. */
function namesOf (base: PatternName): string[] {
  const places = PATTERNS[base].messages.length + 1
  const names: string[] = []
  for (const hfs of places > 2 ? [[], ['hfs']] : [[]]) {
    for (let bits = 0; bits < 2 ** places; bits++) {
      const psks = Array.from({ length: places }, (_, at) => `psk${at}`).filter((_, at) => (bits >> at & 1) === 1)
      names.push(base + [...hfs, ...psks].join('+'))
    }
  }
  return names
}
const NAMES = (Object.keys(PATTERNS) as PatternName[]).flatMap(namesOf)

const written = (name: string): string | undefined => patternOf(name)?.messages.map(tokens => tokens.join(' ')).join(' | ')

test('hfs goes where section 5 of the HFS draft puts it', t => {
  // its table, but for two lines that its own words gainsay: KK there has e1 before es, and IN lacks ee
  const table = {
    NNhfs: 'e e1 | e ee ekem1',
    NKhfs: 'e es e1 | e ee ekem1',
    NXhfs: 'e e1 | e ee ekem1 s es',
    XNhfs: 'e e1 | e ee ekem1 | s se',
    XKhfs: 'e es e1 | e ee ekem1 | s se',
    XXhfs: 'e e1 | e ee ekem1 s es | s se',
    KNhfs: 'e e1 | e ee ekem1 se',
    KKhfs: 'e es e1 ss | e ee ekem1 se',
    KXhfs: 'e e1 | e ee ekem1 se s es',
    INhfs: 'e e1 s | e ee ekem1 se',
    IKhfs: 'e es e1 s ss | e ee ekem1 se',
    IXhfs: 'e e1 s | e ee ekem1 se s es'
  }
  for (const [name, tokens] of Object.entries(table)) t.is(written(name), tokens, name)
})

test('psk goes before the first message, or after the one of its number', t => {
  t.is(written('Npsk0'), 'psk e es')
  t.is(written('Npsk1'), 'e es psk')
  t.is(written('XXpsk0+psk3'), 'psk e | e ee s es | s se psk')
  t.is(written('NXpsk0+psk1+psk2'), 'psk e psk | e ee s es psk')
  t.is(written('IKhfs+psk1+psk2'), 'e es e1 s ss psk | e ee ekem1 se psk')
})

test('names that make no sense have no pattern', t => {
  const refused = [
    '', 'xx', 'ZZ', 'toString', 'XX+psk0', 'XXpsk', 'XXpsk4', 'XXpsk9', 'XXpsk10', 'XXpsk-1', 'XXpsk00', 'XXpsk0+', 'XXpsk0psk1', 'NNpsk3', 'Npsk2',
    'XXpsk0+psk0', 'XXpsk3+psk0', 'XXpsk0+hfs', 'XXhfs+hfs', 'Nhfs', 'Khfs', 'Xhfs', 'Xhfs+psk1', 'XXhfspsk0', 'XXfallback', 'XXhfs+fallback', 'XX psk0', 'XXpsk0\n'
  ]
  for (const name of refused) t.is(patternOf(name), undefined, JSON.stringify(name))
})

test('the table itself is left as it is', t => {
  const before = JSON.stringify(PATTERNS)
  for (const name of NAMES) patternOf(name)
  t.is(JSON.stringify(PATTERNS), before)
})

/** Sections 7.3 and 9.3: what is used has been sent, nothing is sent twice, and no end seals under a key to which it has not brought something fresh. */
function faultsOf ({ initiatorKnown, responderKnown, messages }: Pattern): string[] {
  const faults: string[] = []
  const has = new Set<string>([...initiatorKnown === true ? ['is'] : [], ...responderKnown === true ? ['rs'] : []])
  const done = new Set<string>()
  let psk = false
  for (const [index, tokens] of messages.entries()) {
    const who = index % 2 === 0 ? 'i' : 'r'
    for (const token of [...tokens, 'payload']) {
      if (psk && ['s', 'e1', 'ekem1', 'payload'].includes(token) && !has.has(`${who}e`)) faults.push(`${token} under a psk without e of its sender`)
      if (token === 'psk') psk = true
      else if (token === 'e' || token === 's' || token === 'e1') {
        if (has.has(who + token)) faults.push(`${token} twice`)
        has.add(who + token)
      } else if (token === 'ekem1') {
        if (!has.has('ie1') || who === 'i') faults.push('ekem1 without the e1 of the other side')
      } else if (token !== 'payload') {
        if (done.has(token) || !has.has(`i${token.charAt(0)}`) || !has.has(`r${token.charAt(1)}`)) faults.push(`${token} twice or without its keys`)
        done.add(token)
      }
    }
    // section 7.3, rule 4: after a static key is used, so is the ephemeral one
    if (done.has(who === 'i' ? 'se' : 'es') && !done.has('ee') && !(who === 'i' && index === 0) && messages.length > 1) faults.push('static before ephemeral')
  }
  return faults
}

test('every pattern that can be named is valid', t => {
  t.is(NAMES.length, 3 * 4 + 9 * 2 * 8 + 3 * 2 * 16)
  for (const name of NAMES) t.deepEqual(faultsOf(patternOf(name) as Pattern), [], name)
  // and the check can tell
  t.true(faultsOf({ messages: [['psk', 's', 'e']] }).length > 0)
  t.true(faultsOf({ messages: [['e'], ['ekem1', 'e', 'ee']] }).length > 0)
})

test('every pattern that can be named agrees, over all suites', t => {
  let at = 0
  for (const name of NAMES) {
    const [cipher, hash] = [['AESGCM', 'ChaChaPoly'][at % 2], ['SHA256', 'SHA512', 'BLAKE2s', 'BLAKE2b'][(at >> 1) % 4]]
    at++
    const both = endsOf(`Noise_${name}_25519${name.includes('hfs') ? '+MLKEM768' : ''}_${cipher}_${hash}`)
    playOn(both)
    t.deepEqual(both.initiator.result().handshakeHash, both.responder.result().handshakeHash, name)
    t.is(both.initiator.result().sendKey.byteLength, 32)
  }
})

test('a pre-shared key that differs at one end fails, at each place', t => {
  for (const name of ['NNpsk0', 'NNpsk1', 'NNpsk2', 'XXpsk3', 'Npsk1', 'IKpsk2']) {
    const code = codeOf(() => { playOn(endsOf(`Noise_${name}_25519_AESGCM_BLAKE2s`, { psks: [crypto.randomBytes(32)] })) })
    t.is(code, 'ERR_NOISE_AUTH', name)
  }
  const swapped = endsOf('Noise_XXpsk0+psk3_25519_ChaChaPoly_SHA512', { psks: [pskOf(1), pskOf(0)] })
  t.is(codeOf(() => { play(swapped) }), 'ERR_NOISE_AUTH')
})

test('pre-shared keys are counted and measured', t => {
  const cases: ReadonlyArray<readonly [name: string, psks: Uint8Array[]]> = [
    ['XX', [pskOf(0)]], ['XXpsk0', []], ['XXpsk0', [pskOf(0), pskOf(1)]], ['XXpsk0+psk1', [pskOf(0)]],
    ['XXpsk0', [new Uint8Array(31)]], ['XXpsk0', [new Uint8Array(33)]], ['XXpsk0+psk1', [pskOf(0), new Uint8Array(0)]]
  ]
  for (const [name, psks] of cases) t.is(codeOf(() => endOf(`Noise_${name}_25519_AESGCM_SHA256`, 'initiator', { psks })), 'ERR_NOISE_OPTIONS', name)
})

test('pre-shared keys are copied, and stay their owner\'s', t => {
  const lent = pskOf(0)
  const both = endsOf('Noise_XXpsk3_25519_AESGCM_SHA256', { psks: [lent] })
  t.deepEqual(lent, pskOf(0))
  lent.fill(0)
  playOn(both)
  t.deepEqual(both.responder.result().remoteStatic, alice.publicKey)
})
