import test, { type ExecutionContext } from 'ava'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminSocket, askForInvite } from '../../../lib/cli/relay/admin.js'
import { deferred } from '../../../lib/stream/index.js'
import { codeOf } from '../../support/sources.js'
import { cleanUp, Run } from '../support.js'

test.after.always(cleanUp)
const { signal } = new AbortController()

async function folderOf (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hushwire-admin-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

/** Something that answers in the place of a relay. */
async function answering (t: ExecutionContext, answer: (socket: Socket) => void): Promise<string> {
  const folder = await folderOf(t)
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => { answer(socket) })
  }).listen(adminSocket(folder))
  t.teardown(() => server.close())
  await once(server, 'listening')
  return folder
}

test('what is answered is an invite, or the code of what the relay failed with; where none runs there is no answer', async t => {
  t.is(await askForInvite(await folderOf(t), signal), undefined)
  const made = await answering(t, socket => { socket.end('HTTP/1.1 200 OK\r\nhushwire-registration: open\r\ncontent-length: 5\r\n\r\ntoken') })
  t.deepEqual(await askForInvite(made, signal), { invite: 'token', rule: 'open' })
  const full = await answering(t, socket => { socket.end('HTTP/1.1 503 no\r\ncontent-length: 19\r\n\r\nERR_DIRECTORY_LIMIT') })
  t.is(await codeOf(askForInvite(full, signal)), 'ERR_DIRECTORY_LIMIT')
  const other = await answering(t, socket => { socket.end('HTTP/1.1 503 no\r\ncontent-length: 7\r\n\r\n\x1b[31mno') })
  t.like(await askForInvite(other, signal).catch((error: unknown) => error), { message: 'refused', code: undefined })
})

test('an answer that is cut is an error, wherever that is', async t => {
  for (const part of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\nhalf', 'HTTP/1.1 503 no\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf']) {
    const folder = await answering(t, socket => { socket.write(part, () => { socket.destroy() }) })
    t.is(await codeOf(askForInvite(folder, signal)), 'ECONNRESET', part)
  }
})

test('an answer that does not end is not kept', async t => {
  let closed: Promise<unknown> = Promise.resolve()
  const folder = await answering(t, socket => {
    closed = once(socket, 'close')
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`)
  })
  t.is(await codeOf(askForInvite(folder, signal)), 'EMSGSIZE')
  await closed
  t.pass()
})

test('who does not answer, or stops in the middle of it, is given up', async t => {
  for (const part of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\nhalf']) {
    const late = new AbortController()
    const closed = deferred()
    const folder = await answering(t, socket => {
      socket.once('close', () => { closed.resolve() })
      socket.write(part, () => { late.abort(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })) })
    })
    t.is(await codeOf(askForInvite(folder, late.signal)), 'ETIMEDOUT', part)
    await closed.promise
  }
})

test('the command gives a relay up that does not answer', async t => {
  const folder = await answering(t, () => {})
  const run = new Run(['relay', 'invite', '--store', folder, '--json'])
  t.is(await run.ended, 1)
  t.like(run.lines, [{ event: 'failed', code: 'ETIMEDOUT', advice: 'The relay that runs on this store does not answer: look at its log.', exit: 1 }])
})
