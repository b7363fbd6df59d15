import test from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTables } from '../support/error-tables.js'
import { errorsPage } from '../support/errors-page.js'
import { ROOT } from '../support/root.js'

const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
const tables = await errorTables()

test('every code is on the page with its sentence, and nothing else is (npm run docs:errors writes it)', t => {
  t.true(tables.length > 0)
  t.is(page, errorsPage(page, tables))
})

test('a code is written as codes are, and its sentence as sentences are', t => {
  for (const { name, table } of tables) {
    for (const [code, { sentence }] of Object.entries(table)) {
      t.regex(code, /^ERR_[A-Z0-9]+(_[A-Z0-9]+)*$/, name)
      t.regex(sentence, /^\S.*[^\s.]$/, code)
    }
  }
})

test('a code means one thing', t => {
  const meanings = new Map<string, string>()
  for (const { name, table } of tables) {
    for (const [code, { sentence }] of Object.entries(table)) {
      const known = meanings.get(code)
      t.true(known === undefined || known === sentence, `${name}: ${code}`)
      meanings.set(code, sentence)
    }
  }
})
