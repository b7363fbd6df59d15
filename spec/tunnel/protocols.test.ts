import test, { type ExecutionContext } from 'ava'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { Tunnel } from '../../lib/tunnel/index.js'
import { Caller, event, service, TunnelWorld } from './support.js'

// What people put through a tunnel.

async function web (t: ExecutionContext, listener: RequestListener): Promise<{ tunnel: Tunnel, world: TunnelWorld, server: Server }> {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return { tunnel: await world.tunnelTo((server.address() as AddressInfo).port), world, server }
}

async function ask (port: number, agent: Agent, body: string): Promise<string> {
  const sent = request({ port, host: '127.0.0.1', agent, method: 'POST' })
  sent.end(body)
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  return (await answer.toArray() as Buffer[]).join('')
}

test('HTTP with keep-alive: many requests, one connection', async t => {
  const { tunnel, world } = await web(t, (asked, answer) => { asked.pipe(answer) })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => { agent.destroy() })
  const bodies = Array.from({ length: 20 }, (_, index) => `request ${index} ${'x'.repeat(index * 1000)}`)
  for (const body of bodies) t.is(await ask(tunnel.port, agent, body), body)
  agent.destroy()
  const { connection } = await event(world.connected, 'close')
  t.is(connection, 1)
})

test('a WebSocket: upgrade, messages both ways, close', async t => {
  const { tunnel, server } = await web(t, (_asked, answer) => { answer.writeHead(426).end() })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', socket => {
    socket.on('message', (data: Buffer, binary) => { socket.send(data, { binary }) })
  })
  const socket = new WebSocket(`ws://127.0.0.1:${tunnel.port}/`)
  await once(socket, 'open')
  for (const message of ['hello', randomBytes(300_000)]) {
    const back = once(socket, 'message') as Promise<[Buffer, boolean]>
    socket.send(message)
    t.deepEqual((await back)[0], Buffer.from(message as string))
  }
  const closed = once(socket, 'close') as Promise<[number]>
  socket.close(4001)
  t.is((await closed)[0], 4001)
})

test('server-sent events come as they are sent, one by one', async t => {
  let sendNext: () => void = () => {}
  const { tunnel } = await web(t, (_asked, answer) => {
    let sent = 0
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    sendNext = () => { answer.write(`data: ${++sent}\n\n`) }
    sendNext()
  })
  const sent = request({ port: tunnel.port, host: '127.0.0.1' })
  sent.end()
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  for (let count = 1; count <= 5; count++) {
    const [bytes] = await once(answer, 'data') as [Buffer]
    t.is(bytes.toString(), `data: ${count}\n\n`)
    // the next one only when this one has come: nothing is held back
    sendNext()
  }
  answer.destroy()
})

test('keystrokes and their echo, as with SSH', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(socket => { socket.on('data', bytes => { socket.write(bytes.toString().toUpperCase()) }) })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const caller = await Caller.dial(tunnel.port)
  const typed = 'ls -la /var/log && tail -f syslog'.repeat(5)
  for (let index = 0; index < typed.length; index++) {
    caller.socket.write(typed.charAt(index))
    await caller.until(index + 1)
  }
  t.is(caller.text, typed.toUpperCase())
})

test('64 MiB down and 64 MiB up at once, every byte', async t => {
  const size = 67_108_864
  const block = randomBytes(1_048_576)
  const expected = createHash('sha256')
  for (let at = 0; at < size; at += block.byteLength) expected.update(block)
  const digest = expected.digest('hex')
  const { tunnel } = await web(t, (asked, answer) => {
    const hash = createHash('sha256')
    let left = size
    const write = (): void => {
      while (left > 0) {
        left -= block.byteLength
        if (!answer.write(block)) return void answer.once('drain', write)
      }
      if (asked.readableEnded) answer.end(hash.digest('hex'))
      else asked.once('end', () => { answer.end(hash.digest('hex')) })
    }
    asked.on('data', (bytes: Buffer) => { hash.update(bytes) })
    write()
  })
  const sent = request({ port: tunnel.port, host: '127.0.0.1', method: 'POST' })
  let left = size
  const write = (): void => {
    while (left > 0) {
      left -= block.byteLength
      if (!sent.write(block)) return void sent.once('drain', write)
    }
    sent.end()
  }
  write()
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  const hash = createHash('sha256')
  let length = 0
  let tail = ''
  for await (const bytes of answer as AsyncIterable<Buffer>) {
    const content = bytes.subarray(0, Math.max(0, size - length))
    hash.update(content)
    tail += bytes.subarray(content.byteLength).toString()
    length += bytes.byteLength
  }
  t.is(hash.digest('hex'), digest)
  t.is(tail, digest)
})

test('a service that does not read holds up its own connection, and no other', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  let stalled = true
  const upstream = await service(socket => {
    if (stalled) socket.pause()
    else socket.pipe(socket)
    stalled = false
  })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const first = await Caller.dial(tunnel.port)
  // more than all that is held on the way, so that the writer has to wait
  const flood = Buffer.alloc(64 * 1_048_576)
  const accepted = first.socket.write(flood)
  t.false(accepted)
  await event(world.exposed, 'open')
  for (let count = 0; count < 5; count++) {
    const other = await Caller.dial(tunnel.port)
    other.socket.end(`message ${count}`)
    t.is(await other.ended(), 'end')
    t.is(other.text, `message ${count}`)
  }
  t.true(first.socket.writableLength > 0)
  first.socket.destroy()
})
