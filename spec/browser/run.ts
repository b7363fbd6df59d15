/**
 * Runs the portable backends in Debian's Chromium; `-- TEXT` runs the cases with that in their names, and names each. The last line is `N passed, M failed`. Without a browser it says
 * so: that is a failure under CI and left out elsewhere.
 */
import { chromium } from 'playwright-core'
import { toHex } from '../../lib/bytes/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { ignore } from '../../lib/stream/index.js'
import { listenWebSocket } from '../../lib/transport/websocket-server.js'
import { CHROMIUM_FLAGS, chromiumPath } from './chromium.js'
import type { PageReport } from './entry.js'
import { servePage } from './page-server.js'

/** Bytes that the page may store: the other cases need a tenth of that, one fills it. */
const QUOTA = 48 * 1_048_576

const path = chromiumPath()
if (path === undefined) {
  console.log('NO BROWSER: the tests in a browser were left out. Install chromium, or set CHROMIUM_PATH to one.')
  process.exitCode = (process.env['CI'] ?? '') === '' ? 0 : 1
} else {
  const { passed, failed, left } = await runIn(path)
  for (const name of new Set(left)) console.log(`left out: ${name}`)
  for (const name of failed) console.log(`FAILED ${name}`)
  console.log(`${passed} passed, ${failed.length} failed`)
  process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0
}

async function runIn (executablePath: string): Promise<PageReport> {
  const server = await servePage()
  const echo = await listenWebSocket({}, async connection => {
    // a page that aborts its connection makes the other end fail: that is its own affair
    await connection.sink(connection.source).catch(ignore)
  })
  const identity = createIdentity()
  const relay = await startRelay({ identity, websocket: {} })
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS], timeout: 60_000 })
  try {
    console.log(`Chromium ${browser.version()}`)
    const page = await browser.newPage()
    const only = process.argv[2]
    if (only !== undefined) page.on('console', message => { console.log(message.text()) })
    const broken: string[] = []
    page.on('pageerror', error => { broken.push(error.message) })
    await page.goto(server.address)
    const devtools = await page.context().newCDPSession(page)
    // before anything is stored, since the browser remembers for a while how much room there was
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.address).origin, quotaSize: QUOTA })
    const report = await page.evaluate(setup => globalThis.runHushwireTests(setup), { echo: `ws://127.0.0.1:${echo.address.port}/`, relay: { url: relay.websocket ?? '', key: toHex(identity.publicKey) }, only })
    return { ...report, failed: [...report.failed, ...broken] }
  } finally {
    await browser.close()
    relay.abort()
    await relay.closed
    await echo.close()
    await server.close()
  }
}
