import test from 'ava'
import { Readable, Writable } from 'node:stream'
import { pipeThrough, type PipeOptions } from '../../../lib/cli/ctr/pipe.js'
import { memoryPair } from '../../../lib/transport/memory.js'
import { SECRET } from '../../ctr/support.js'
import { endless, pattern } from '../../support/sources.js'

const BLOCK = 65_536

function optionsOf (role: PipeOptions['role'], input: Readable, output: Writable): PipeOptions {
  return { role, secret: SECRET, input, output, timeout: 10_000, signal: new AbortController().signal, counts: { sent: 0, received: 0 } }
}

test('an output that takes nothing makes the other side wait, and gets everything when it goes on', async t => {
  const [left, right] = memoryPair()
  const source = endless(BLOCK)
  let stop = false
  const input = Readable.from((async function * () {
    for await (const bytes of source) {
      if (stop) return
      yield bytes
    }
  })())
  let taken = 0
  let goOn: (() => void) | undefined
  const slow = new Writable({
    write: (bytes: Uint8Array, _, done) => {
      taken += bytes.byteLength
      if (stop) done()
      else goOn = done
    }
  })
  const nothing = new Writable({ write: (_bytes, _, done) => { done() } })
  const [sender, receiver] = [optionsOf('top', input, nothing), optionsOf('bottom', Readable.from([pattern(5)]), slow)]
  const both = Promise.all([pipeThrough(left, sender), pipeThrough(right, receiver)])
  // until it comes to a stand by itself
  for (let asked = -1, quiet = 0; quiet < 50; quiet = source.asked === asked && goOn !== undefined ? quiet + 1 : 0) {
    asked = source.asked
    await new Promise(setImmediate)
  }
  t.true(taken > 0 && taken <= BLOCK)
  t.true(source.asked < 100, `${source.asked} blocks`)
  stop = true
  goOn?.()
  await both
  t.is(taken, sender.counts.sent)
  t.is(receiver.counts.received, sender.counts.sent)
  t.is(sender.counts.received, 5)
})
