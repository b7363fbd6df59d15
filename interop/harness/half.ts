import { HushwireError } from '../../lib/stream/index.js'
import { PEERS } from '../peers.js'
import { CASE_TIMEOUT, type Case } from './peer.js'
import { PeerProcess } from './peer-process.js'

// The main module of the process that runs our side of the matrix, on the backends that its conditions choose. It gets
// one order after another from its parent, and ends when the parent lets go or is gone.

/** Which case is to be run, with which program. */
export interface Order { readonly peer: string, readonly name: string, readonly program: string }

/** How it went. */
export interface Answer { readonly error?: string, readonly milliseconds: number }

const over = new AbortController()

async function answer ({ peer, name, program }: Order): Promise<Answer> {
  const found = PEERS.find(each => each.name === peer)?.cases.find(each => each.name === name)
  const begin = performance.now()
  const error = found === undefined ? 'no such case' : await runCase(found, program).then(() => undefined, describe)
  const milliseconds = Math.round(performance.now() - begin)
  return error === undefined ? { milliseconds } : { milliseconds, error }
}

/** Runs a case within its time, and leaves no process of it behind. */
async function runCase (each: Case, program: string): Promise<void> {
  const limit = each.timeout ?? CASE_TIMEOUT
  const stop = new AbortController()
  const timer = setTimeout(() => { stop.abort(new Error(`not done within ${limit} ms`)) }, limit)
  const onOver = (): void => { stop.abort(over.signal.reason) }
  over.signal.addEventListener('abort', onOver, { once: true })
  const peers: PeerProcess[] = []
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => {
      reject(stop.signal.reason as Error)
      for (const peer of peers) void peer.kill(stop.signal.reason as Error)
    }, { once: true })
  })
  try {
    const start = (configuration: object): Promise<PeerProcess> => PeerProcess.start(program, configuration, stop.signal, peer => { peers.push(peer) })
    await Promise.race([each.run({ start, signal: stop.signal }), stopped])
    if (peers.some(peer => peer.running)) throw new Error('the case is done, but the peer has not ended')
  } finally {
    clearTimeout(timer)
    over.signal.removeEventListener('abort', onOver)
    await Promise.all(peers.map(peer => peer.kill(new Error('the case is over'))))
  }
}

function describe (error: unknown): string {
  if (error instanceof HushwireError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

process.on('message', (order: Order) => {
  void answer(order).then(result => { if (process.connected) process.send?.(result) })
})
process.on('disconnect', () => { over.abort(new Error('the matrix has ended')) })
