import test from 'ava'
import { stateTeller } from '../../../lib/cli/files/state-teller.js'
import { OwnConnection } from '../../../lib/cli/own-connection.js'
import type { SendState } from '../../../lib/files/index.js'
import { resetError, RESET_CODES } from '../../../lib/nova/index.js'
import { streamError } from '../../../lib/stream/index.js'

test('a sender says whether the other side is away, or its own relay, and each of it once', t => {
  const connection = new OwnConnection()
  connection.changed({ type: 'connected' })
  const told: string[] = []
  const codes: unknown[] = []
  const output = { status: (text = '') => { told.push(text) }, event: (_: string, fields: object = {}) => { codes.push((fields as { code?: unknown }).code) } }
  const tell = stateTeller({ connection, output, bar: { stop: () => {} }, name: 'bob' })
  const waiting = (error: Error): SendState => ({ type: 'waiting', error, delay: 1 })
  const late = streamError('ERR_TIMEOUT')
  tell({ type: 'opening' })
  tell({ type: 'asking' })
  tell(waiting(resetError(RESET_CODES.gone)))
  connection.changed({ type: 'waiting', error: streamError('ERR_ARGUMENT'), delay: 1 })
  tell(waiting(late))
  tell(waiting(late))
  connection.changed({ type: 'connecting' })
  tell(waiting(late))
  connection.changed({ type: 'connected' })
  tell(waiting(late))
  tell(waiting(late))
  tell(waiting(resetError(RESET_CODES.limit)))
  tell({ type: 'sending' })
  t.deepEqual(told, [
    'waiting for bob to say yes',
    'the connection to bob was lost (ERR_RESET_GONE); waiting, Ctrl-C gives up',
    'no connection to the relay (ERR_ARGUMENT); waiting, Ctrl-C gives up',
    'bob is not there (ERR_TIMEOUT); waiting, Ctrl-C gives up',
    'bob takes nothing more just now (ERR_RESET_LIMIT); waiting, Ctrl-C gives up',
    ''
  ])
  t.deepEqual(codes, [undefined, 'ERR_RESET_GONE', 'ERR_ARGUMENT', 'ERR_TIMEOUT', 'ERR_RESET_LIMIT', undefined])
})
