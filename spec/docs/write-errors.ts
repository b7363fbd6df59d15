/** `npm run docs:errors`: brings the codes of docs/errors.md up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTables } from '../support/error-tables.js'
import { errorsPage } from '../support/errors-page.js'
import { ROOT } from '../support/root.js'

const path = join(ROOT, 'docs/errors.md')
writeFileSync(path, errorsPage(readFileSync(path, 'utf8'), await errorTables()))
