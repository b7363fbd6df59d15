import test from 'ava'
import { leave, letGo } from '../../lib/stream/index.js'

test('what an iterator throws or rejects with when it is let go of is nobody\'s', t => {
  let returned = 0
  letGo({})
  letGo({ return: () => { returned++; throw new Error('at once') } })
  letGo({ return: () => { returned++; return Promise.reject(new Error('later')) } })
  letGo({ return: () => { returned++; return undefined } })
  t.is(returned, 3)
})

test('a source that nobody has begun to read is told', t => {
  let returned = false
  leave({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error('nobody reads')),
      return: () => {
        returned = true
        return Promise.resolve({ value: undefined, done: true })
      }
    })
  })
  t.true(returned)
})
