import { PING_KIND } from '../../chat/index.js'
import { crypto } from '../../crypto/index.js'
import type { Contact } from '../../relay/index.js'
import { Echo } from '../ping/echo.js'
import type { Session } from '../session.js'
import { chunksFor, perSecond, type Measurement } from './measurement.js'

const CHUNK = 65_536
const TIMEOUT = 10_000

/** The way to a peer, who sends back what comes: its time, and how much goes there and back. */
export async function * measurePeer ({ client, signal }: Pick<Session, 'client' | 'signal'>, { id }: Pick<Contact, 'id'>, seconds: number): AsyncGenerator<Measurement> {
  const open = { timeout: TIMEOUT, signal, level: 0 }
  yield { name: 'hop', text: 'to the relay and back', value: 1000 / await perSecond(seconds, () => client.ping({ timeout: TIMEOUT, signal }), signal), unit: 'ms' }
  const echo = new Echo(await client.peer(id).open(PING_KIND, open))
  yield { name: 'roundTrip', text: 'to the peer and back, 8 bytes', value: 1000 / await perSecond(seconds, () => echo.round(TIMEOUT, signal)), unit: 'ms' }
  await echo.close()
  const stream = await client.peer(id).open(PING_KIND, open)
  const from = performance.now()
  const sending = stream.sink(chunksFor(seconds, crypto.randomBytes(CHUNK), signal))
  let bytes = 0
  for await (const back of stream.source) bytes += back.byteLength
  const took = performance.now() - from
  await sending
  await stream.close()
  yield { name: 'thereAndBack', text: 'there and back at once, each way', value: bytes / took / 1000, unit: 'MB/s' }
}
