import test from 'ava'
import { Untaken } from '../../../lib/cli/chat/untaken.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { HushwireError } from '../../../lib/stream/index.js'

const refused = (text = 'the relay cannot do it for now', code = 'ERR_RELAY_UNAVAILABLE'): Error => new HushwireError(code, text, { layer: 'relay.answer', origin: 'remote', fatal: false })

function toldBy (json: boolean): { told: string[], untaken: Untaken, clock: { now: number } } {
  const told: string[] = []
  const stream = { write: (text: string) => { told.push(text) } }
  const clock = { now: 0 }
  const untaken = new Untaken(new Output({ command: 'chat', json }, stream, stream), { what: 'what was said', later: 'It is tried again by itself.' }, () => clock.now)
  return { told, untaken, clock }
}

test('what a relay does not take for more than a moment is told once, and once more when something was taken in between', t => {
  const { told, untaken, clock } = toldBy(false)
  untaken.again(refused())
  clock.now = 4999
  untaken.again(refused())
  t.deepEqual(told, [])
  for (clock.now = 5000; clock.now < 60_000; clock.now += 5000) untaken.again(refused())
  t.deepEqual(told, ['hushwire chat: the relay has not taken what was said yet (ERR_RELAY_UNAVAILABLE: the relay cannot do it for now). It is tried again by itself. Tell who runs the relay if that goes on: its disk may be full.\n'])
  untaken.taken()
  untaken.again(refused())
  t.is(told.length, 1)
  clock.now += 5000
  untaken.again(refused())
  t.is(told.length, 2)
})

test('programs are told the code, and what an error says does nothing to a terminal', t => {
  const { told, untaken, clock } = toldBy(true)
  untaken.again(refused())
  clock.now = 5000
  untaken.again(refused())
  t.deepEqual(JSON.parse(told[0] ?? ''), { event: 'untaken', code: 'ERR_RELAY_UNAVAILABLE' })
  const people = toldBy(false)
  people.untaken.again(refused())
  people.clock.now = 5000
  people.untaken.again(refused('no\u001b[2J'))
  t.regex(people.told[0] ?? '', /\(ERR_RELAY_UNAVAILABLE: no\)/)
})

test('what has nothing to do with the relay\'s disk has its own advice', t => {
  for (const [code, advice] of [['ERR_RELAY_NO_PREKEY', /itself\. They have to connect once more before they can be written to\.\n$/], ['ERR_RELAY_SOME', /itself\. Tell who runs the relay if that goes on\.\n$/]] as const) {
    const { told, untaken, clock } = toldBy(false)
    for (clock.now = 0; clock.now <= 5000; clock.now += 5000) untaken.again(refused('no', code))
    t.regex(told[0] ?? '', advice)
  }
})
