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
  t.regex(welcome({ addresses, settings: withSettings(settings, { registration: { rule: 'allowlist' } }) }), /registration\.ids/)
})
