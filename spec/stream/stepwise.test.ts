/** Steps over steps are one iterator, and behave as if each were one of its own. */
import test from 'ava'
import { Channel, deferred, each, stepwise, type Step } from '../../lib/stream/index.js'
import { items } from '../support/sources.js'

/** Notes what it is called for. */
function noting (name: string, notes: string[], make: (item: number) => number | undefined | Promise<number | undefined>): Step<number, number> {
  return {
    before: () => { notes.push(`${name} before`) },
    step: item => {
      notes.push(`${name} ${item}`)
      return make(item)
    },
    end: () => { notes.push(`${name} end`) }
  }
}

async function allOf<T> (source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

for (const [how, later] of [['at once', false], ['later', true]] as const) {
  const made = (item: number | undefined): number | undefined | Promise<number | undefined> => later ? Promise.resolve(item) : item
  test(`two steps that answer ${how}: what one has nothing to make of does not reach the next, and only those below it go on`, async t => {
    const notes: string[] = []
    const low = stepwise(items(1, 2, 3, 4), noting('low', notes, item => made(item * 10)))
    const high = stepwise(low, noting('high', notes, item => made(item % 20 === 0 ? item : undefined)))
    t.deepEqual(await allOf(high), [20, 40])
    t.deepEqual(notes, [
      'high before', 'low before', 'low 1', 'high 10', 'low before', 'low 2', 'high 20',
      'high before', 'low before', 'low 3', 'high 30', 'low before', 'low 4', 'high 40',
      'high before', 'low before', 'low end', 'high end'
    ])
    t.deepEqual(await allOf(low), [], 'the upper one has its source')
  })

  test(`a step that fails ${how} lets go of the source, and nothing comes after`, async t => {
    const source = new Channel<number>()
    void source.push(1)
    const steps = stepwise(stepwise(source, { step: item => made(item) }), { step: () => later ? Promise.reject(new Error('step')) : thrown('step') })
    await t.throwsAsync(steps.next(), { message: 'step' })
    t.true(source.returned)
    t.deepEqual(await steps.next(), { value: undefined, done: true })
  })
}

function thrown (message: string): never { throw new Error(message) }

test('what is thrown before an item is asked for ends it, at the first and where a step asks again', async t => {
  for (const times of [0, 1]) {
    const source = new Channel<number>()
    void source.push(1)
    void source.push(2)
    let asked = 0
    const low = stepwise(source, { before: () => { if (asked++ === times) thrown('before') }, step: item => item })
    await t.throwsAsync(stepwise(low, { step: () => undefined }).next(), { message: 'before' })
    // one that was not begun is left as it is
    t.is(source.returned, times === 1)
  }
})

test('one that has begun is read as any other source', async t => {
  const low = stepwise(items(1, 2, 3), { step: item => item + 1 })
  t.deepEqual(await low.next(), { value: 2, done: false })
  t.deepEqual(await allOf(stepwise(low, { step: item => item * 10 })), [30, 40])
})

test('return while an item is awaited: the source is let go of, and whoever waits is told the end', async t => {
  const source = new Channel<number>()
  const steps = stepwise(stepwise(source, { step: item => item }), { step: item => item + 1 })
  const pending = steps.next()
  t.deepEqual(await steps.return?.(), { value: undefined, done: true })
  t.true(source.returned)
  t.deepEqual(await pending, { value: undefined, done: true })
})

test('return while a step takes its time: what it makes is nobody\'s, and whoever waits is told the end', async t => {
  const source = new Channel<number>()
  void source.push(1)
  const made = deferred<number>()
  const steps = stepwise(source, { step: () => made.promise })
  const pending = steps.next()
  await steps.return?.()
  made.resolve(1)
  t.deepEqual(await pending, { value: undefined, done: true })
  t.true(source.returned)
})

test('each reads to the end, waits for what takes its time, and rejects with what fails', async t => {
  const taken: number[] = []
  await each(items(1, 2, 3), item => item === 2 ? Promise.resolve().then(() => { taken.push(item) }) : void taken.push(item))
  t.deepEqual(taken, [1, 2, 3])
  for (const take of [() => thrown('take'), () => Promise.reject(new Error('take'))]) {
    const source = new Channel<number>()
    void source.push(1)
    await t.throwsAsync(each(source, take), { message: 'take' })
    t.true(source.returned)
  }
  const failing = new Channel<number>()
  failing.fail(new Error('source'))
  await t.throwsAsync(each(failing, () => undefined), { message: 'source' })
})
