import test from 'ava'
import { Correspondents } from '../../lib/relay/server/correspondents.js'

test('who was met last is remembered, though all others were met again', t => {
  const correspondents = new Correspondents(3)
  for (const key of ['a', 'a', 'b', 'b', 'c', 'c', 'd']) correspondents.met(key)
  t.is([...correspondents].length, 3)
  t.true([...correspondents].includes('d'))
})

test('of many, so many are remembered, and one that is met again and again stays', t => {
  const correspondents = new Correspondents(4)
  for (let index = 0; index < 100; index++) {
    correspondents.met('always')
    correspondents.met(`once ${index}`)
    t.true([...correspondents].length <= 4)
  }
  t.true([...correspondents].includes('always'))
  t.true([...correspondents].includes('once 99'))
})
