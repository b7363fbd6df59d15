import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'

// How often V8 collects is its own affair and is measured in bench/relay; V8 says so on stderr when it does not know a flag.
test('the flag is one that this Node knows', async t => {
  const module = new URL('../../lib/cli/collector.js', import.meta.url).href
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `import(${JSON.stringify(module)}).then(({ tuneCollector }) => { tuneCollector() })`])
  t.is(stderr, '')
})
