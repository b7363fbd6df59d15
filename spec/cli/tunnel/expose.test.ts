import test from 'ava'
import type { Session } from '../../../lib/cli/session.js'
import { exposeServices } from '../../../lib/cli/tunnel/expose.js'
import type { IncomingStream } from '../../../lib/relay/index.js'
import { Channel } from '../../../lib/stream/index.js'
import { TUNNEL_KIND } from '../../../lib/tunnel/index.js'

test('a stream that comes when the tunnel is being closed is refused', async t => {
  const stop = new AbortController()
  const lines: string[] = []
  let take: (stream: IncomingStream) => void = () => {}
  const session: Pick<Session, 'signal' | 'onStream'> & Record<'client' | 'names' | 'output', unknown> = {
    signal: stop.signal,
    client: { contacts: new Channel() },
    names: { list: () => [] },
    output: { event: () => {}, line: (text: string) => { lines.push(text) }, note: () => {} },
    onStream: (kind, given) => {
      t.is(kind, TUNNEL_KIND)
      take = given
    }
  }
  const exposing = exposeServices(session as Session, { web: { host: '::1', port: 80 } }, { max: 1 })
  t.deepEqual(lines, ['web: [::1]:80, for nobody yet: hushwire pair makes contacts'])
  stop.abort()
  await exposing
  const refused: unknown[] = []
  take({ kind: TUNNEL_KIND, refuse: code => { refused.push(code) } } satisfies Partial<IncomingStream> as IncomingStream)
  t.deepEqual(refused, [undefined])
})
