import test from 'ava'
import { transportLimits } from '../../lib/transport/limits.js'
import { openWebSocket } from '../../lib/transport/websocket-native.js'
import { codeOf } from '../support/sources.js'

/** A WebSocket as pages have it, as far as it is used. */
class PageSocket extends EventTarget {
  static readonly OPEN = 1
  static last: PageSocket | undefined
  readonly readyState = 1
  readonly bufferedAmount = 0
  binaryType = ''

  constructor () {
    super()
    PageSocket.last = this
    queueMicrotask(() => { this.dispatchEvent(new Event('open')) })
  }

  send (): void {}
  close (code: number): void { queueMicrotask(() => { this.dispatchEvent(Object.assign(new Event('close'), { code, wasClean: true })) }) }
  bring (bytes: number): void { this.dispatchEvent(Object.assign(new Event('message'), { data: new ArrayBuffer(bytes) })) }
}

test.serial('a page that reads nothing cannot make the other side wait: beyond its limit the connection fails', async t => {
  const { WebSocket } = globalThis
  Object.assign(globalThis, { WebSocket: PageSocket })
  t.teardown(() => { Object.assign(globalThis, { WebSocket }) })
  const connection = await openWebSocket('ws://relay.example/', {}, transportLimits({ highWater: 1000, maxOverflow: 2000 }))
  for (let at = 0; at < 100; at++) PageSocket.last?.bring(100)
  t.is(await codeOf(connection.closed), 'ERR_TRANSPORT_OVERFLOW')
})
