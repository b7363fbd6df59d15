import { readFileSync } from 'node:fs'

/** Resident memory of a process, in bytes. */
export interface MemoryUse {
  /** When its modules were loaded and its work began. */
  readonly start: number
  readonly peak: number
  readonly aboveStart: number
}

/** Begins to measure this process. @returns a function that tells what it has used so far */
export function measureMemory (): () => MemoryUse {
  const start = process.memoryUsage.rss()
  return () => {
    const peak = Math.max(peakMemory(), process.memoryUsage.rss())
    return { start, peak, aboveStart: peak - start }
  }
}

/** Linux counts the peak of this program; what `getrusage` gives is at least that of the process that forked it. */
function peakMemory (): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const line = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))
  return line === null ? process.resourceUsage().maxRSS * 1024 : Number(line[1]) * 1024
}
