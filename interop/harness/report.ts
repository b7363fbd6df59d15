import type { Backends } from './half-process.js'

/** How one case went on one kind of backends. */
export interface Row {
  readonly peer: string
  readonly name: string
  readonly backends: Backends
  readonly outcome: 'ok' | 'failed' | 'left out'
  readonly reason?: string
  readonly milliseconds: number
}

/** A line of the table. */
export function printRow ({ peer, name, backends, outcome, reason, milliseconds }: Row): void {
  const time = `${(milliseconds / 1000).toFixed(2)} s`
  console.log(`${peer.padEnd(12)} ${backends.padEnd(9)} ${name.padEnd(64)} ${outcome.padEnd(7)} ${time.padStart(8)}${reason === undefined ? '' : `\n  ${reason.replaceAll('\n', '\n  ')}`}`)
}

/** What of each peer passed, failed and was left out, and the sum of it all. */
export function printSummary (rows: readonly Row[]): void {
  console.log('')
  for (const peer of new Set(rows.map(row => row.peer))) {
    const own = rows.filter(row => row.peer === peer)
    const leftOut = own.filter(({ outcome }) => outcome === 'left out')
    const left = leftOut.length === 0 ? '' : `, ${leftOut.length} left out: ${leftOut[0]?.reason ?? ''}`
    console.log(`${peer}: ${count(own, 'ok')} of ${own.length - leftOut.length} cases${left}`)
  }
  console.log(`${count(rows, 'ok')} passed, ${count(rows, 'failed')} failed`)
}

function count (rows: readonly Row[], outcome: Row['outcome']): number {
  return rows.filter(row => row.outcome === outcome).length
}
