import test from 'ava'
import { cliError } from '../../../lib/cli/errors.js'
import { EXIT, failureOf, KNOWN_FAILURES } from '../../../lib/cli/terminal/failure.js'
import { errorTables } from '../../support/error-tables.js'

const codes = new Set((await errorTables()).flatMap(({ table }) => Object.keys(table)))

test('every code that has advice is one that is raised, and its advice is a sentence', t => {
  for (const [code, [exit, advice]] of Object.entries(KNOWN_FAILURES)) {
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
