import test from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/root.js'

function parsed (name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as Record<string, unknown>
}

test('every entry point of the package has its part of the API reference, and nothing else has', t => {
  const entries = Object.values(parsed('package.json')['exports'] as Record<string, string>).filter(path => path.endsWith('.js'))
  const sources = entries.map(path => path.replace('./dist/', '').replace(/\.js$/, '.ts'))
  t.deepEqual(parsed('typedoc.json')['entryPoints'], sources)
})
