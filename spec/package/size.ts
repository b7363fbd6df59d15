/**
 * Prints what each entry point weighs in a browser. Exit code 1 when one is over its limit, holds what has no place
 * there, cannot be bundled for browsers at all, or has no row.
 */
import { buildPage } from './build-page.js'
import { bundle } from './bundle.js'
import { browserEntries, entryPoints, nodeEntries, PAGE_LIMIT } from './entries.js'

const problems: string[] = []

console.log('entry                     minified      gzip     limit')
for (const { entry, limit } of browserEntries) {
  try {
    const { minified, gzip, foreign } = await bundle(entry)
    console.log(`${entry.padEnd(22)}${count(minified)}${count(gzip)}${count(limit)}`)
    if (gzip > limit) problems.push(`${entry}: ${gzip} bytes of gzip are over the limit of ${limit}`)
    for (const path of foreign) problems.push(`${entry}: ${path} has no place in a browser`)
  } catch (error) {
    problems.push(`${entry}: ${error instanceof Error ? error.message : 'not bundled'}`)
  }
}

const { files } = await buildPage()
const page = files.reduce((sum, { gzip }) => sum + gzip, 0)
console.log(`${'the page, in all'.padEnd(22)}${count(files.reduce((sum, { bytes }) => sum + bytes, 0))}${count(page)}${count(PAGE_LIMIT)}`)
if (page > PAGE_LIMIT) problems.push(`the page: ${page} bytes of gzip are over the limit of ${PAGE_LIMIT}`)

const known = ['', ...nodeEntries, ...browserEntries.map(({ entry }) => entry)]
for (const entry of entryPoints()) {
  if (!known.includes(entry)) problems.push(`${entry}: has no row in spec/package/entries.ts`)
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

function count (bytes: number): string {
  return bytes.toLocaleString('en').padStart(12).slice(-12)
}
