import test from 'ava'
import { Changes } from '../../../lib/page/app/model/changes.js'

test('who listens until a signal hears of nothing afterwards, and the others go on', t => {
  const changes = new Changes<number>()
  const over = new AbortController()
  const [some, all]: [number[], number[]] = [[], []]
  changes.on(number => { some.push(number) }, over.signal)
  changes.on(number => { all.push(number) })
  changes.tell(1)
  over.abort()
  changes.tell(2)
  t.deepEqual([some, all], [[1], [1, 2]])
})
