import { createServer, request, type IncomingMessage } from 'node:http'
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deferred } from '../../stream/index.js'

// A running relay has its store for itself, so it makes the invites. It is asked over a socket in the folder of the store, which
// only the user of the relay can open: a port would be open to everybody on the machine, and to every page in a browser there.

/** Beyond this a path is no address of a socket (108 bytes on Linux, 104 elsewhere). */
const MAX_PATH = 103
/** What codes of ours and of the platform are made of. */
const CODE = /^[A-Z][A-Z0-9_]*$/
/** Characters of the longest answer: an invite has 43, a code not many more. */
const MAX_ANSWER = 1024
/** The header with the rule of registration. */
const RULE = 'hushwire-registration'

/** Where the relay of a store is asked. */
export function adminSocket (folder: string): string { return join(folder, 'admin.sock') }

/** What a running relay says about invites. */
export interface Invitation {
  readonly invite: string
  /** Its rule of registration. */
  readonly rule: string
}

/** Answers `hushwire relay invite` until it is closed. @throws what the platform does (as rejections) */
export async function serveAdmin (folder: string, { rule, invite }: { rule: string, invite: () => Promise<string> }): Promise<{ close(): Promise<void> }> {
  const path = adminSocket(folder)
  if (Buffer.byteLength(path) > MAX_PATH) throw Object.assign(new Error('the path is too long'), { code: 'ENAMETOOLONG' })
  const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (asked, response) => {
    asked.resume()
    const reply = (status: number, text: string): void => { response.writeHead(status, { [RULE]: rule }).end(text) }
    if (asked.method !== 'POST' || asked.url !== '/invite') reply(404, '')
    else invite().then(token => { reply(200, token) }, (error: unknown) => { reply(503, String((error as { code?: unknown }).code)) })
  })
  server.maxConnections = 4
  // what a process that was killed has left; the store is ours, so nobody listens there
  rmSync(path, { force: true })
  const listening = deferred()
  server.once('error', listening.reject)
  const before = process.umask(0o177)
  try {
    server.listen(path, listening.resolve)
  } finally {
    process.umask(before)
  }
  await listening.promise
  chmodSync(path, 0o600)
  return {
    close: () => new Promise(resolve => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

/**
 * Asks the relay that runs on a store for an invite.
 *
 * @param signal - gives it up
 * @returns undefined when none runs
 * @throws an error with the relay's code, or with that of the platform, and the signal's reason (as rejections)
 */
export function askForInvite (folder: string, signal: AbortSignal): Promise<Invitation | undefined> {
  const answer = new Promise<Invitation | undefined>((resolve, reject) => {
    const asking = request({ socketPath: adminSocket(folder), path: '/invite', method: 'POST', signal }, response => {
      textOf(response).then(text => {
        if (response.statusCode === 200) resolve({ invite: text, rule: String(response.headers[RULE] ?? 'invite') })
        else reject(Object.assign(new Error('refused'), { code: CODE.test(text) ? text : undefined }))
      }, reject)
    })
    asking.once('error', error => {
      if (['ENOENT', 'ECONNREFUSED', 'ENAMETOOLONG', 'EINVAL'].includes((error as { code?: string }).code ?? '')) resolve(undefined)
      else reject(error)
    })
    asking.end()
  })
  return answer.catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}

/** All of an answer. @throws ECONNRESET when it is cut, EMSGSIZE when it is longer than any of ours (as rejections) */
async function textOf (response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += part
    if (text.length > MAX_ANSWER) throw Object.assign(new Error('the answer is too long'), { code: 'EMSGSIZE' })
  }
  return text
}
