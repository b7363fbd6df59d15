import test from 'ava'
import { certificateAdvice } from '../../../lib/cli/terminal/certificate.js'
import { failureOf } from '../../../lib/cli/terminal/failure.js'
import { Situation } from '../../../lib/cli/terminal/situation.js'
import { codeOf } from '../../../lib/stream/index.js'
import { dialTcp, listenTcp } from '../../../lib/transport/tcp.js'
import { certificate } from '../../support/certificates.js'

const authority = certificate({ name: 'the authority', authority: true })

async function failed (shown: ReturnType<typeof certificate>, ca?: string): Promise<unknown> {
  const listener = await listenTcp({ tls: shown }, connection => { void connection.close() })
  const error: unknown = await dialTcp({ port: listener.port, tls: ca === undefined ? {} : { ca } }).catch((error: unknown) => error)
  await listener.close()
  return error
}

test('what to do about a certificate depends on what is wrong with it', async t => {
  const offered = new Situation()
  offered.relay = 'tls://host:1'
  offered.fresh = true
  for (const [shown, ca, words] of [
    [certificate({ name: 'own' }), undefined, /NODE_EXTRA_CA_CERTS=FILE\.$/],
    [certificate({ name: 'of an authority', issuer: authority }), undefined, /NODE_EXTRA_CA_CERTS=FILE\.$/],
    [certificate({ name: 'elsewhere', issuer: authority, hosts: ['relay.example'] }), authority.cert, /a name that the certificate has\.$/],
    [certificate({ name: 'old', issuer: authority, to: new Date('2021-01-01') }), authority.cert, /look at the clock/],
    [certificate({ name: 'new', issuer: authority, from: new Date(Date.now() + 86_400_000) }), authority.cert, /look at the clock/]
  ] as const) {
    const error = await failed(shown, ca)
    t.is(codeOf(error), 'ERR_TRANSPORT_TLS')
    t.like(failureOf(error), { exit: 3, advice: certificateAdvice(error, new Situation()) })
    t.regex(certificateAdvice(error, new Situation()), words)
    t.regex(certificateAdvice(error, offered), /^The offer is for the relay at tls:\/\/host:1, whose certificate is not accepted here: ask who made the offer\. \S/)
    t.regex(certificateAdvice(error, offered), words)
  }
})

test('where it is not the certificate, the address is what to look at', t => {
  const error = Object.assign(new Error('no'), { code: 'ERR_TRANSPORT_TLS', cause: Object.assign(new Error('no'), { code: 'EPROTO' }) })
  t.regex(failureOf(error).advice, /begins with tcp: or ws:\.$/)
})
