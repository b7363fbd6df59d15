import type { ExecutionContext } from 'ava'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

/** A port whose connections nobody accepts, in a thread that stands still: once its backlog is full, the kernel answers no more. */
export async function deaf (t: ExecutionContext): Promise<number> {
  const worker = new Worker(`
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:worker_threads').parentPort.postMessage(server.address().port)
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`, { eval: true })
  t.teardown(() => worker.terminate())
  const [port] = await once(worker, 'message') as [number]
  const fillers = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}))
  t.teardown(() => { for (const socket of fillers) socket.destroy() })
  await once(fillers[0] as Socket, 'connect')
  return port
}
