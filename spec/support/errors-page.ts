/** The codes of docs/errors.md: made from the tables in lib/, between two marks that the page holds. */
import type { ErrorEntry } from '../../lib/stream/index.js'
import type { DeclaredTable } from './error-tables.js'

const BEGIN = '<!-- codes: written by npm run docs:errors -->'
const END = '<!-- end of codes -->'

/** The page as it ought to be: the text around the marks as it is, the codes from the tables. */
export function errorsPage (page: string, tables: readonly DeclaredTable[]): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`docs/errors.md holds no ${BEGIN} … ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n${tables.map(section).join('')}\n${page.slice(end)}`
}

function section ({ name, folder, table }: DeclaredTable): string {
  const rows = Object.entries(table).map(([code, entry]) => row(code, entry))
  return `\n## ${folder}: \`${name}\`\n\n| code | caused by | ends it | what it says |\n|---|---|---|---|\n${rows.join('')}`
}

function row (code: string, { origin, fatal, sentence }: ErrorEntry): string {
  return `| \`${code}\` | ${origin} | ${fatal ? 'yes' : 'no'} | ${sentence.replaceAll('|', '\\|')} |\n`
}
