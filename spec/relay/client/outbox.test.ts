import { getEventListeners } from 'node:events'
import test from 'ava'
import { RELAY_CODES } from '../../../lib/nova/index.js'
import { statusError } from '../../../lib/relay/client/errors.js'
import { Outbox, OUTBOX_LIMITS } from '../../../lib/relay/client/mail/outbox.js'
import { deferred, streamError } from '../../../lib/stream/index.js'
import { codeOf } from '../codes.js'

test('mail to many that is refused at once waits on one listener, and no longer than its connection stands', async t => {
  const recipients = 30
  const ended = new AbortController()
  const refused = deferred()
  let refusals = 0
  const connection = { ended: ended.signal, ask: async () => { throw statusError(RELAY_CODES.unavailable) } }
  const line = {
    connected: async () => {
      if (ended.signal.aborted) throw streamError('ERR_CLOSED')
      return connection
    }
  }
  const outbox = new Outbox(line as never, {
    seal: () => { throw new Error('nothing to seal') },
    checkPeer: () => {},
    // so long that each is refused once
    limits: { ...OUTBOX_LIMITS, reconnectMin: 2 ** 31, reconnectMax: 2 ** 31 }
  })
  const onRetry = (): void => { if (++refusals === recipients) refused.resolve() }
  const sent = Array.from({ length: recipients }, (_, at) => codeOf(outbox.send(new Uint8Array(16).fill(at + 1), 1n, new Uint8Array(1), { onRetry })))
  const stop = new AbortController()
  const given = codeOf(outbox.send(new Uint8Array(16), 1n, new Uint8Array(1), { signal: stop.signal }))
  await refused.promise
  t.true(getEventListeners(ended.signal, 'abort').length <= 1)
  stop.abort(streamError('ERR_ABORTED'))
  t.is(await given, 'ERR_ABORTED')
  ended.abort()
  t.deepEqual(await Promise.all(sent), Array(recipients).fill('ERR_CLOSED'))
  t.is(getEventListeners(ended.signal, 'abort').length, 0)
})
