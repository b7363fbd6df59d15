import type { Benchmark, Scale } from './harness/benchmark.js'
import type { Processes } from './harness/processes.js'
import { startTrio, through } from './relayed.js'

const NAME = 'session through the relay'
const ROLES = ['sender', 'relay', 'receiver'] as const

/** What passes through leaves no trace in memory. */
export const memory: Benchmark = {
  name: 'memory',
  work: '2 GiB that does not compress through session and relay: the most memory (RSS) each process has held so far, above what it held when connected',
  measures: ROLES.map(name => ({ name, unit: 'MiB', better: 'lower' })),
  contenders: [{
    name: NAME,
    start: async (processes: Processes, { quick }: Scale) => {
      const trio = await startTrio(processes, 'session', 'random')
      const read = (): Promise<Array<{ now: number, peak: number }>> => Promise.all(ROLES.map(role => trio[role].memory()))
      const start = await read()
      return async () => {
        await through(trio, quick ? 2 ** 25 : 2 ** 31)
        const end = await read()
        return Object.fromEntries(ROLES.map((role, index) => [role, ((end[index]?.peak ?? NaN) - (start[index]?.now ?? NaN)) / 2 ** 20]))
      }
    }
  }],
  aims: ROLES.map(measure => ({ measure, of: NAME, atMost: 64 }))
}
