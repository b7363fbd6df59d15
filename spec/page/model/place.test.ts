import test from 'ava'
import { addressHint } from '../../../lib/page/app/model/place.js'

test('an address of ws: is named where a page can use one', t => {
  t.is(addressHint('http:'), 'It begins with ws: or wss: and ends with a key.')
  t.is(addressHint('https:'), 'It begins with wss: and ends with a key.')
})
