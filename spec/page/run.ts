/**
 * Tries the page in Debian's Chromium, against a relay and peers on Node; `-- TEXT` runs the cases with that in their names. The last line is
 * `N passed, M failed`. Without a browser it says so: that is a failure under CI and left out elsewhere.
 */
import type { Browser } from 'playwright-core'
import { chromiumPath } from '../browser/chromium.js'
import { accessCases } from './access-cases.js'
import { Scene, type PageCase } from './case.js'
import { chatCases } from './chat-cases.js'
import { cutCases } from './cut-cases.js'
import { filesCases } from './files-cases.js'
import { hostileCases } from './hostile-cases.js'
import { meetingCases } from './meeting-cases.js'
import { pairingCases } from './pairing-cases.js'
import { openBrowser, PageRelay } from './support.js'
import { tabCases } from './tab-cases.js'

/** Milliseconds that a case may take. */
const LONGEST = 60_000

const path = chromiumPath()
if (path === undefined) {
  console.log('NO BROWSER: the tests of the page were left out. Install chromium, or set CHROMIUM_PATH to one.')
  process.exitCode = (process.env['CI'] ?? '') === '' ? 0 : 1
} else {
  const browser = await openBrowser(path)
  const only = process.argv[2] ?? ''
  const cases = [...meetingCases, ...pairingCases, ...chatCases, ...filesCases, ...cutCases, ...tabCases, ...hostileCases, ...accessCases].filter(({ name }) => name.includes(only))
  let passed = 0
  for (const each of cases) passed += await tried(browser, each) ? 1 : 0
  await browser.close()
  console.log(`${passed} passed, ${cases.length - passed} failed`)
  process.exitCode = passed < cases.length || passed === 0 ? 1 : 0
}

/** One that hangs must not keep the others from running. */
async function inTime (work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(`it takes more than ${LONGEST} ms`)) }, LONGEST) })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function tried (browser: Browser, { name, run }: PageCase): Promise<boolean> {
  const scene = new Scene(browser, await PageRelay.start())
  try {
    await inTime(run(scene))
    const wrong = await scene.end()
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
    console.log(`ok ${name}`)
    return true
  } catch (error) {
    console.log(`FAILED ${name}: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n${await scene.screens()}`)
    await scene.end()
    return false
  }
}
