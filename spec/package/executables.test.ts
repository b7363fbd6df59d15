import test from 'ava'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/root.js'
import { makeExecutable } from './executables.js'

test('what was compiled anew can be run as a command', t => {
  const root = mkdtempSync(join(tmpdir(), 'hushwire-command-'))
  t.teardown(() => { rmSync(root, { recursive: true }) })
  writeFileSync(join(root, 'package.json'), '{ "bin": { "one": "one.js" } }')
  writeFileSync(join(root, 'one.js'), '#!/usr/bin/env node\n', { mode: 0o644 })
  makeExecutable(root)
  // Windows keeps no such bit
  t.is(statSync(join(root, 'one.js')).mode & 0o111, process.platform === 'win32' ? 0 : 0o111)
})

test('npm ci builds, or npx would keep a link to a command that is not there yet; and the build ends in one that can be run', t => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Readonly<Record<string, string>> }
  t.is(scripts['prepare'], 'npm run build')
  t.regex(scripts['build'] ?? '', /dist\/spec\/package\/command\.js$/)
  t.is(scripts['prepack'], undefined, 'npm pack runs prepare too')
})
