import test from 'ava'
import { one, run, type Order } from './runner.js'

const RUNS = 4000

function order (target: string, more: Partial<Order> = {}): Order {
  return { module: new URL('./planted.js', import.meta.url).href, target, backends: 'native', runs: RUNS, seed: 7, seconds: undefined, path: undefined, hangs: 3000, ...more }
}

const FOUND: ReadonlyArray<readonly [target: string, why: RegExp]> = [
  ['bare', /not an error of ours: TypeError/],
  ['other-code', /ERR_TRAILING_BYTES, which is not one of its codes/],
  ['hangs', /it hangs/],
  ['never-settles', /it does not settle/],
  ['unheld', /a rejection that nobody held: Error: lost/],
  ['claims', /allocated \d+000000 bytes at once/],
  ['claims-beyond', /not an error of ours: RangeError/],
  ['many', /allocated 1000000 bytes in all/],
  ['writes', /wrote into its input/],
  ['changes', /written again/]
]

for (const [target, why] of FOUND) {
  test(`a decoder that has a fault is found with an input that shows it: ${target}`, async t => {
    // only what really hangs may be told by the clock, however busy the machine is
    const outcome = await one(order(target, target === 'hangs' ? {} : { hangs: 60_000 }))
    if (!('found' in outcome)) return t.fail('nothing was found')
    t.regex(outcome.found.why, why)
    t.true(Number.parseInt(outcome.found.hex.slice(0, 2), 16) > 200)
    // a decoder that never comes back cannot be asked for a shorter input
    if (target === 'hangs') return
    t.true(outcome.found.hex.length <= 2 * 4, `shrunk to ${outcome.found.hex}`)
    const { seed, path } = outcome.found
    const again = await one(order(target, { seed, path }))
    t.is('found' in again ? again.found.hex : '', outcome.found.hex)
  })
}

test('a decoder that keeps what it is given is found after a collection', async t => {
  const outcome = await one(order('keeps', { runs: 8000 }))
  t.regex('found' in outcome ? outcome.found.why : '', /bytes more than at the beginning are in use/)
})

test('a decoder without a fault passes on both backends, and the sum says what failed', async t => {
  const lines: string[] = []
  const orders = [order('none'), order('none', { backends: 'portable' }), order('bare')]
  t.deepEqual(await run(orders, line => { lines.push(line) }), { passed: 2, failed: 1 })
  t.is(lines.filter(line => /^none \((native|portable)\): 4000 inputs, \d+\/s, 100.0 % past the first check, 100.0 % accepted/.test(line)).length, 2)
  t.true(lines.some(line => /^FAILED bare[^]*\n {2}input [0-9a-f]+\n {2}cuts .*\n {2}replay: npm run fuzz -- --target bare --backend native --seed 7 --path /.test(line)))
})

test('codes that are allowed are counted, and the share of inputs that nothing came of', async t => {
  const outcome = await one(order('coded'))
  if (!('clean' in outcome)) return t.fail(outcome.found.why)
  t.deepEqual(outcome.clean.unseen, [])
  t.true(outcome.clean.accepted < RUNS && outcome.clean.accepted > RUNS / 2)
})
