import test from 'ava'
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compiled, complaints, examples, examplesOf } from '../support/examples.js'
import { ROOT } from '../support/root.js'

const run = promisify(execFile)
const all = examples()

test('every example compiles against the package', t => {
  t.true(all.length > 0)
  const found = complaints(all).flatMap((list, index) => list.map(text => `${all[index]?.place ?? ''} ${text}`))
  t.deepEqual(found, [])
})

for (const example of all.filter(example => example.runnable)) {
  test(`${example.place} runs`, async t => {
    const folder = join(ROOT, 'dist/examples')
    mkdirSync(folder, { recursive: true })
    const path = join(folder, `${example.place.replaceAll(/[^a-z0-9]+/gi, '-')}.js`)
    writeFileSync(path, compiled(example))
    await t.notThrowsAsync(run(process.execPath, ['--unhandled-rejections=strict', path], { cwd: ROOT, timeout: 60_000 }))
  })
}

test('examples are found with their place and mark', t => {
  t.deepEqual(examplesOf('a.md', 'text\n```ts\nlet a\n```\n```sh\nls\n```\n```ts runnable\nlet b\nlet c\n```\n'), [
    { place: 'a.md:2', code: 'let a', runnable: false },
    { place: 'a.md:8', code: 'let b\nlet c', runnable: true }
  ])
  t.deepEqual(examplesOf('a.ts', '/**\n * ```ts\n * let a\n *\n *   let b\n * ```\n */'), [
    { place: 'a.ts:2', code: 'let a\n\n  let b', runnable: false }
  ])
  t.throws(() => examplesOf('a.md', '```ts\n'), { message: /a\.md:1/ })
})

test('what an example lacks is complained about', t => {
  const wrong = examplesOf('a.md', "```ts\nimport { link } from 'hushwire'\nconst n: string = link\nmissing()\n```\n```ts\nexport {}\n```\n")
  const [first, second] = complaints(wrong)
  t.is(first?.length, 2)
  t.regex(first?.[1] ?? '', /line 3: .*missing/)
  t.deepEqual(second, [])
})
