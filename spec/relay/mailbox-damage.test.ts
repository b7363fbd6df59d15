import test from 'ava'
import { memoryStore, openDirectory, openMailbox, type Mailbox } from '../../lib/store/index.js'
import { asError } from '../../lib/stream/index.js'
import { member, nextOf, text, textOf, whole } from './raw.js'
import { serve } from './server-support.js'

test('damaged mail is passed over', async t => {
  const store = memoryStore()
  const [mailbox, directory] = [await openMailbox(store), await openDirectory(store)]
  const gone = new Set<number>()
  const damaged: Mailbox = Object.create(mailbox, {
    limits: { value: mailbox.limits },
    put: { value: mailbox.put.bind(mailbox) },
    acknowledge: { value: mailbox.acknowledge.bind(mailbox) },
    read: {
      value: (...asked: Parameters<Mailbox['read']>) => {
        const mail = mailbox.read(...asked)
        const damaging: typeof mail = {
          next: async () => {
            const { value, done } = await mail.next()
            if (done === true) return { value: undefined, done }
            gone.add(value.position)
            return { value: gone.size === 1 ? { ...value, source: failing(codeErrorOf(mailbox, value.recipient, value.position)) } : value, done: false }
          },
          return: () => mail.return?.() as ReturnType<typeof mail.next>,
          [Symbol.asyncIterator]: () => damaging
        }
        return damaging
      }
    }
  }) as Mailbox
  const server = await serve({ mailbox: damaged, directory })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  await alice.mail(bob.id, text('damaged'))
  await alice.mail(bob.id, text('sound'))
  await bob.receive(0n, 1)
  t.is(textOf((await nextOf(bob.deliveries)).body), 'sound')
  t.is((await server.happened('mail-undelivered')).error.message.includes('acknowledged'), true)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

/** A body that fails at once. */
function failing (error: Promise<unknown>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: async () => { throw asError(await error) } }) }
}

/** What the mailbox itself throws for mail that is gone. */
async function codeErrorOf (mailbox: Mailbox, recipient: Uint8Array, position: number): Promise<unknown> {
  for await (const mail of mailbox.read(recipient, { after: position - 1 })) {
    await mailbox.acknowledge(recipient, position)
    try {
      await whole(mail.source)
    } catch (error) {
      return error
    }
  }
  throw new Error('it was there')
}
