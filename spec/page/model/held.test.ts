import test from 'ava'
import { Held } from '../../../lib/page/app/model/held.js'

test('what happens before somebody listens is told then, once and in order', t => {
  const held = new Held<number>()
  const told: number[] = []
  held.tell(1)
  held.tell(2)
  t.deepEqual(told, [])
  held.open(number => { told.push(number) })
  held.tell(3)
  t.deepEqual(told, [1, 2, 3])
})
