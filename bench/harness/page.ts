import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { resolve } from 'node:path'
import { section } from './report.js'
import type { Result } from './runner.js'

const PAGE = resolve(import.meta.dirname, '../../../docs/benchmarks.md')

const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\`. Each table is one run on one machine, in which the contenders took turns at the same work, round after
round, with client and server (and relay) in processes of their own over TCP on loopback. Machines differ and are noisy: only ratios within a
run mean something, and they are taken within each round.
`

/** Puts the results into docs/benchmarks.md; what was not run stays as it is. */
export function writePage (results: readonly Result[], order: readonly string[]): void {
  const sections = readSections()
  const [cpu] = cpus()
  const where = `Node ${process.versions.node}, ${platform()} ${arch()}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}.`
  for (const result of results) sections.set(result.name, `${section(result)}\n${where}\n`)
  const known = order.flatMap(name => sections.get(name) ?? [])
  writeFileSync(PAGE, [HEAD, ...known].join('\n'))
}

function readSections (): Map<string, string> {
  const sections = new Map<string, string>()
  if (!existsSync(PAGE)) return sections
  const [, ...parts] = readFileSync(PAGE, 'utf8').split(/^## /m)
  for (const part of parts) sections.set(part.slice(0, part.indexOf('\n')), `## ${part.trimEnd()}\n`)
  return sections
}
