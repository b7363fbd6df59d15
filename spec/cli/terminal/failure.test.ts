import test from 'ava'
import { cliError } from '../../../lib/cli/errors.js'
import { EXIT, failureOf, KNOWN_CODES } from '../../../lib/cli/terminal/failure.js'
import { Situation } from '../../../lib/cli/terminal/situation.js'
import { errorTables } from '../../support/error-tables.js'

const codes = new Set((await errorTables()).flatMap(({ table }) => Object.keys(table)))

test('every code that has advice is one that is raised, and its advice is a sentence', t => {
  for (const code of KNOWN_CODES) {
    const { advice, exit } = failureOf(Object.assign(new Error('x'), { code }))
    t.true(codes.has(code) || /^E[A-Z]+$/.test(code), code)
    t.true(Object.values(EXIT).some(known => known === exit), code)
    t.regex(advice, /^(\S.*[.]|\S.*[A-Z]|)$/, code)
  }
})

test('exit codes are those of the documentation', t => {
  for (const [code, exit] of [['ERR_CLI_OPTION', 2], ['ERR_CLI_PROFILE', 2], ['ERR_CLI_PASSPHRASE', 2], ['ERR_CLI_PEER', 4], ['ERR_CLI_BUSY', 5]] as const) t.is(failureOf(cliError(code)).exit, exit)
  t.is(failureOf(cliError('ERR_CLI_STOPPED', 'SIGINT')).exit, 130)
  t.is(failureOf(cliError('ERR_CLI_STOPPED', 'SIGTERM')).exit, 143)
  t.is(failureOf(new Error('x')).exit, 1)
})

test('advice names the profile of the command, its relay, and who makes offers', t => {
  const situation = new Situation('work')
  situation.relay = 'ws://host:1/\u001b[2J'
  const adviceOf = (code: string): string => failureOf(Object.assign(new Error('x'), { code }), situation).advice
  t.regex(adviceOf('ERR_TRANSPORT_REFUSED'), /runs at ws:\/\/host:1, .*: hushwire id show --profile work; --relay/)
  t.regex(adviceOf('ERR_FRAME_MAGIC'), /What listens at ws:\/\/host:1 is no relay/)
  for (const [code, command] of [['ERR_CLI_PROFILE', 'id new --relay ADDRESS'], ['ERR_CLI_CONFIG', 'id relay ADDRESS'], ['ERR_IDENTITY_REFUSED', 'id relay ADDRESS'], ['ERR_CLI_PEER', 'contacts'], ['ERR_RELAY_NOT_REGISTERED', 'id show'], ['ERR_RELAY_NOT_ACCEPTED', 'pair'], ['ERR_OFFER_UNANSWERED', 'contacts'], ['ERR_STORE_OPEN', 'id show']] as const) t.true(adviceOf(code).includes(`hushwire ${command} --profile work`), code)
  t.regex(adviceOf('ERR_OFFER_REFUSED'), /with: hushwire pair\.$/)
  situation.offer = { given: 'http://host/', maker: 'hushwire send FILE' }
  for (const code of ['ERR_OFFER_REFUSED', 'ERR_OFFER_TOKEN', 'ERR_OFFER_EXPIRED', 'ERR_OFFER_PEER']) t.regex(adviceOf(code), /with: hushwire send FILE\.$/)
  t.regex(adviceOf('ERR_OFFER_TEXT'), /part of the link behind #/)
})

test('where an offer is to make the profile, advice is what can be done without one', t => {
  const situation = new Situation('work')
  situation.relay = 'tcp://host:1'
  situation.offer = { given: 'hushwire:AQ', maker: 'hushwire pair' }
  situation.fresh = true
  for (const code of ['ERR_TRANSPORT_REFUSED', 'ERR_TRANSPORT_CONNECT_TIMEOUT', 'ERR_FRAME_MAGIC', 'ERR_TRANSPORT_TLS', 'ERR_IDENTITY_REFUSED', 'ERR_RELAY_NOT_REGISTERED']) {
    const { advice } = failureOf(Object.assign(new Error('x'), { code }), situation)
    t.regex(advice, code === 'ERR_RELAY_NOT_REGISTERED' ? /id new --relay ADDRESS --profile work/ : /relay at tcp:\/\/host:1\b.*sk who made the offer/, code)
    t.notRegex(advice, /id show|--relay tries|id relay/, code)
  }
})
