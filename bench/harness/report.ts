import type { AimResult, Result } from './runner.js'
import type { Spread } from './statistics.js'

/** A result as a section of docs/benchmarks.md; it reads well in a terminal, too. */
export function section (result: Result): string {
  const lines = [`## ${result.name}`, '', `${result.work}. ${result.runs} rounds${result.quick ? ', quick: too little work for the numbers to mean anything' : ''}.`, '']
  for (const measure of result.measures) {
    const rows = result.contenders.flatMap(({ name, values }) => {
      const value = values[measure.name]
      return value === undefined ? [] : [[name, number(value.median), number(value.min), number(value.max)]]
    })
    if (rows.length > 0) lines.push(...table([`${measure.name}, ${measure.unit}`, 'median', 'min', 'max'], rows), '')
  }
  if (result.aims.length > 0) lines.push(...table(['ratio', 'median', 'min', 'max', 'aim', ''], result.aims.map(aimRow)), '')
  return lines.join('\n')
}

function aimRow (aim: AimResult): string[] {
  const what = aim.above !== undefined ? `${aim.of} above ${aim.above}: ${aim.measure}` : aim.against === undefined ? `${aim.of}: ${aim.measure}` : `${aim.of} : ${aim.against}, ${aim.measure}`
  const wanted = aim.atLeast !== undefined ? `≥ ${aim.atLeast}` : aim.atMost !== undefined ? `≤ ${aim.atMost}` : 'reported'
  const verdict = aim.atLeast === undefined && aim.atMost === undefined ? '' : aim.reached ? 'reached' : 'missed'
  return [what, ...three(aim.value), wanted, verdict]
}

function three ({ median, min, max }: Spread): string[] {
  return [number(median), number(min), number(max)]
}

function number (value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

/** A table in Markdown whose columns are aligned. */
function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = head.map((cell, column) => Math.max(...[head, ...rows].map(row => (row[column] ?? cell).length)))
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width, column) => column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`).join('|')}|`
  return [line(head), rule, ...rows.map(line)]
}
