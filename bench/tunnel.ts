import { amount, type Benchmark, type Contender } from './harness/benchmark.js'
import type { Processes } from './harness/processes.js'
import type { FarService, NearUser } from './peers/far-service.js'
import type { Place } from './peers/peer.js'
import type { RelayActor } from './peers/relay-actor.js'
import { sshInstalled } from './peers/ssh-tunnel.js'
import type { ExposingEnd, ListeningEnd } from './peers/tunnel-ends.js'

const TUNNEL = 'hushwire tunnel'
const PROXY = 'TCP proxy'
const SSH = 'SSH tunnel'
const ECHO_BYTES = 64
const IN_FLIGHT = 16

/** A service and its user, with something between them. */
function between (name: string, start: (processes: Processes, service: Place) => Promise<Place>): Contender {
  return {
    name,
    start: async (processes, scale) => {
      const service = await processes.spawn<FarService>('peers/far-service.js', 'service')
      const user = await processes.spawn<NearUser>('peers/far-service.js', 'user', { place: await start(processes, await service.place()) })
      return async () => {
        const bytes = amount(scale, 2 ** 30, 2 ** 26)
        const count = amount(scale, 2000, 200)
        const seconds = await user.download(bytes)
        const connecting = await user.connects(count, IN_FLIGHT)
        const { p50, p99 } = await user.echo(amount(scale, 5000, 500), ECHO_BYTES)
        return { rate: bytes / seconds / 1e6, connections: count / connecting, p50, p99 }
      }
    }
  }
}

const tunnelled = between(TUNNEL, async (processes, service) => {
  const relay = await (await processes.spawn<RelayActor>('peers/relay-actor.js', 'relay')).place()
  const exposing = await processes.spawn<ExposingEnd>('peers/tunnel-ends.js', 'exposing', { relay, service })
  const listening = await processes.spawn<ListeningEnd>('peers/tunnel-ends.js', 'listening', { relay, peer: await exposing.id() })
  return listening.place()
})

const proxied = between(PROXY, async (processes, place) => (await processes.spawn<FarService>('peers/tcp.js', 'proxy', { place })).place())

const overSsh = between(SSH, async (processes, place) => (await processes.spawn<FarService>('peers/ssh-tunnel.js', 'tunnel', { place })).place())

/** What a tunnel through a relay costs beside other ways to a TCP service. */
export const tunnel: Benchmark = {
  name: 'tunnel',
  work: `A download of 1 GiB from a TCP service, 2,000 connections of a byte there and back (${IN_FLIGHT} at a time), and ${ECHO_BYTES} bytes there and back on one connection: `
    + `through a relay and the two ends of a tunnel, each a process, against a proxy that moves bytes and ${sshInstalled() ? 'ssh -L' : 'nothing else, since OpenSSH is not installed here'}`,
  measures: [
    { name: 'rate', unit: 'MB/s', better: 'higher' },
    { name: 'connections', unit: '/s', better: 'higher' },
    { name: 'p50', unit: 'µs', better: 'lower' },
    { name: 'p99', unit: 'µs', better: 'lower' }
  ],
  contenders: [tunnelled, proxied, ...sshInstalled() ? [overSsh] : []],
  aims: [{ measure: 'rate', of: TUNNEL, against: SSH, atLeast: 0.5 }]
}
