import test from 'ava'
import { defaultSettings, withSettings } from '../../../lib/cli/relay/settings.js'
import { welcome } from '../../../lib/cli/relay/welcome.js'

const settings = defaultSettings()

test('a person is told the address, what to do with it, and where the log is', t => {
  const lines = welcome({ addresses: { tcp: 'tcp://192.0.2.1:7411/#KEY', websocket: undefined }, settings }).split('\n')
  t.true(lines.includes('  tcp://192.0.2.1:7411/#KEY'))
  t.true(lines.includes("  hushwire id new --relay 'tcp://192.0.2.1:7411/#KEY'"))
  t.regex(lines.join(' '), /stderr/)
  t.notRegex(lines.join(' '), /Only this machine|invite|browser/)
})

test('and of what else there is: the page, invites, and that nobody else reaches it', t => {
  const addresses = { tcp: 'tcp://127.0.0.1:7411/#KEY', websocket: 'ws://[::1]:7412/#KEY' }
  const text = welcome({ addresses, page: 'http://127.0.0.1:7412/#relay=KEY', settings: withSettings(settings, { registration: { rule: 'invite' }, store: { folder: '/var/lib/store' } }) })
  for (const part of [/each will do/, /\n {2}http:\/\/127\.0\.0\.1:7412\/#relay=KEY\n/, /relay invite --store '\/var\/lib\/store'/, /Only this machine/]) t.regex(text, part)
  t.regex(welcome({ addresses, settings: withSettings(settings, { registration: { rule: 'allowlist' } }) }), /registration\.ids are let in, and there are none yet;/)
  t.regex(welcome({ addresses, settings: withSettings(settings, { registration: { rule: 'allowlist', ids: ['75f3656f-64a1-87e6-9691-3717dd83152d'] } }) }), /registration\.ids are let in;/)
})

test('a page that cannot begin in a browser is not told of: what it needs is', t => {
  const addresses = { tcp: undefined, websocket: 'ws://192.0.2.2:7412/#KEY' }
  for (const page of ['http://192.0.2.2:7412/', 'http://relay.example/', 'http://localhost.example/']) {
    const text = welcome({ addresses, page, settings })
    t.false(text.includes(page), page)
    t.regex(text, /needs https: .*certificate.*proxy.*docs\/relay\.md/, page)
  }
  for (const page of ['https://192.0.2.2:7412/', 'http://127.0.0.1:7412/', 'http://localhost:7412/', 'http://[::1]:7412/']) {
    const text = welcome({ addresses, page, settings })
    t.true(text.includes(`\n  ${page}\n`), page)
    t.notRegex(text, /needs https:/, page)
  }
})
