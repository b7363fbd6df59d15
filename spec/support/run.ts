/**
 * Runs the compiled tests on the native backends and again on the portable ones, and sums up in a last line
 * `N passed, M failed`. `--node 24` runs them under that Node from the npm registry; `--native` and `--portable`
 * run one half; everything else goes to ava, such as the names of test files.
 */
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './root.js'

interface Outcome {
  readonly backends: string
  readonly passed: number
  readonly failed: number
  readonly exitCode: number
}

const { values, positionals } = parseArgs({
  options: { node: { type: 'string' }, native: { type: 'boolean' }, portable: { type: 'boolean' } },
  allowPositionals: true
})
const halves = values.native === values.portable ? ['native', 'portable'] : [values.native === true ? 'native' : 'portable']
const node = values.node === undefined ? process.execPath : nodeOfVersion(values.node)

const outcomes: Outcome[] = []
for (const backends of halves) outcomes.push(await runAva(backends))

console.log('')
for (const { backends, passed, failed, exitCode } of outcomes) {
  console.log(`${backends} backends on Node ${nodeVersion()}: ${passed} of ${passed + failed} tests${exitCode === 0 ? '' : `, ava ended with ${exitCode}`}`)
}
const failed = sum(outcomes.map(outcome => outcome.exitCode === 0 ? 0 : Math.max(outcome.failed, 1)))
console.log(`${sum(outcomes.map(outcome => outcome.passed))} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function runAva (backends: string): Promise<Outcome> {
  console.log(`\n${backends} backends`)
  const options = [process.env['NODE_OPTIONS'] ?? '', backends === 'portable' ? '--conditions=hushwire-portable' : ''].join(' ').trim()
  const ava = spawn(node, [join(ROOT, 'node_modules/ava/entrypoints/cli.mjs'), ...positionals], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: options, HUSHWIRE_TEST_BACKENDS: backends },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let line = ''
  const marks = { '✔': 0, '✘': 0 }
  ava.stdout.setEncoding('utf8')
  ava.stdout.on('data', (text: string) => {
    process.stdout.write(text)
    const lines = (line + text).split('\n')
    line = lines.pop() ?? ''
    // ava's closing lines leave out those that passed when one has failed
    for (const each of lines) {
      const mark = /^ *(✔|✘) /.exec(each)?.[1] as keyof typeof marks | undefined
      if (mark !== undefined) marks[mark]++
    }
  })
  return new Promise((resolve, reject) => {
    ava.on('error', reject)
    ava.on('close', code => {
      resolve({ backends, passed: marks['✔'], failed: marks['✘'], exitCode: code ?? 1 })
    })
  })
}

function nodeOfVersion (version: string): string {
  return execFileSync('npx', ['--yes', '-p', `node@${version}`, 'node', '-p', 'process.execPath'], { encoding: 'utf8' }).trim()
}

function nodeVersion (): string {
  return execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
}

function sum (numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
