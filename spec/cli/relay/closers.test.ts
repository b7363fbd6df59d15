import test from 'ava'
import { Closers } from '../../../lib/cli/relay/closers.js'

test('what was opened is let go of, the last first, once, and whatever one of them fails with', async t => {
  const closed: string[] = []
  const failures: unknown[] = []
  const closers = new Closers(error => { failures.push(error) })
  const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
  closers.add(async () => { closed.push('first') })
  closers.add(() => { throw thrown })
  closers.add(async () => { closed.push('middle') })
  closers.add(() => Promise.reject(rejected))
  closers.add(async () => { closed.push('last') })
  await closers.close()
  t.deepEqual(closed, ['last', 'middle', 'first'])
  t.deepEqual(failures, [rejected, thrown])
  await closers.close()
  t.is(closed.length, 3)
})
