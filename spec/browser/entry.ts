/** Runs in the browser: every vector suite over the portable backends, then the cases of this folder. */
import { suites } from '../vectors/suites/index.js'
import { registered } from './ava.js'
import { type BrowserCase, cryptoCases, type PageSetup, webSocketCases } from './cases.js'
import { channelCases } from './channel-cases.js'
import { indexedDbCases } from './indexeddb-cases.js'
import { novaCases } from './nova-cases.js'
import { relayCases } from './relay-cases.js'

/** What the page reports; `left` names vectors that are not there. */
export interface PageReport {
  passed: number
  failed: string[]
  left: string[]
}

declare global {
  /** Called by the test runner on Node. */
  var runHushwireTests: (setup: PageSetup) => Promise<PageReport>
}

globalThis.runHushwireTests = async setup => {
  const report: PageReport = { passed: 0, failed: [], left: [] }
  addEventListener('unhandledrejection', event => { report.failed.push(`unhandled: ${reason(event.reason)}`) })
  const { only } = setup
  if (only === undefined) await runSuites(report)
  const cases = [...cryptoCases, ...channelCases, ...novaCases, ...webSocketCases(setup), ...relayCases(setup), ...registered, ...indexedDbCases]
  for (const each of cases.filter(({ name }) => only === undefined || name.includes(only))) await tried(report, each)
  return report
}

async function runSuites (report: PageReport): Promise<void> {
  for (const suite of suites) {
    try {
      for (const check of suite.checks(load)) {
        if ('missing' in check) report.left.push(check.missing)
        else await tried(report, { name: `${suite.name}: ${check.name}`, run: check.run })
      }
    } catch (error) {
      report.failed.push(`${suite.name}: ${reason(error)}`)
    }
  }
}

async function tried (report: PageReport, { name, run }: BrowserCase): Promise<void> {
  // for who looks at one that hangs
  console.debug(name)
  try {
    await run()
    report.passed++
  } catch (error) {
    report.failed.push(`${name}: ${reason(error)}`)
  }
}

/** Suites load their vectors synchronously, as they do on Node. */
function load<T> (path: string): T | undefined {
  const request = new XMLHttpRequest()
  request.open('GET', `/vectors/${path}`, false)
  request.send()
  return request.status === 200 ? JSON.parse(request.responseText) as T : undefined
}

function reason (error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error
}
