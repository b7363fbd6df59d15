import test from 'ava'
import fc from 'fast-check'
import { formatUuid, type Uuid } from '../../lib/bytes/index.js'
import { createIdentity, type RoutedHeader } from '../../lib/nova/index.js'
import { localExchange, type ExchangeMember } from '../../lib/relay/server/index.js'

let made = 0

/** A member that notes what it is told. */
class Noting implements ExchangeMember {
  readonly id: Uuid
  readonly notes: string[] = []
  readonly since = made++

  constructor (id: Uuid = createIdentity().id) {
    this.id = id
  }

  async take (header: RoutedHeader): Promise<void> { this.notes.push(`take ${header.kind}`) }
  displaced (): void { this.notes.push('displaced') }
  parted (id: Uuid): void { this.notes.push(`parted ${formatUuid(id)}`) }
  noticed (id: Uuid, online: boolean): void { this.notes.push(`${online ? 'came' : 'went'} ${formatUuid(id)}`) }
}

async function * nothing (): AsyncGenerator<Uint8Array> {}

test('who is displaced is told, hears nothing more, and its leaving changes nothing', async t => {
  const exchange = localExchange()
  const [older, watcher] = [new Noting(), new Noting()]
  const newer = new Noting(older.id)
  await exchange.enter(watcher)
  await exchange.watch(watcher, [older.id])
  await exchange.enter(older)
  await exchange.watch(older, [watcher.id])
  await exchange.enter(newer)
  await exchange.enter(newer)
  exchange.leave(older)
  t.true(await exchange.online(newer.id))
  t.is(await exchange.forward(watcher, { target: newer.id, source: watcher.id, kind: 3n }, nothing()), 'delivered')
  t.deepEqual(older.notes, ['displaced'])
  t.deepEqual(newer.notes, ['take 3'])
  exchange.leave(newer)
  t.deepEqual(watcher.notes, [`came ${formatUuid(newer.id)}`, `parted ${formatUuid(newer.id)}`, `went ${formatUuid(newer.id)}`])
  t.is(await exchange.forward(watcher, { target: newer.id, source: watcher.id, kind: 3n }, nothing()), 'absent')
})

test('an older member does not take the place of a newer one, however late it enters', async t => {
  const exchange = localExchange()
  const older = new Noting()
  const newer = new Noting(older.id)
  await exchange.enter(newer)
  await exchange.enter(older)
  exchange.leave(older)
  t.deepEqual([older.notes, newer.notes], [['displaced'], []])
  t.true(await exchange.online(newer.id))
})

test('the longest unused correspondent is forgotten', async t => {
  const exchange = localExchange({ maxCorrespondents: 2 })
  const [alice, bob, carol, dave] = Array.from({ length: 4 }, () => new Noting()) as [Noting, Noting, Noting, Noting]
  for (const member of [alice, bob, carol, dave]) await exchange.enter(member)
  for (const target of [bob, carol, bob, dave]) await exchange.forward(alice, { target: target.id, source: alice.id, kind: 1n }, nothing())
  exchange.leave(alice)
  t.true(bob.notes.includes(`parted ${formatUuid(alice.id)}`))
  t.false(carol.notes.includes(`parted ${formatUuid(alice.id)}`))
  t.true(dave.notes.includes(`parted ${formatUuid(alice.id)}`))
})

const IDS = Array.from({ length: 3 }, () => createIdentity().id)

test('whatever order members come and go in, a watcher knows who is there', async t => {
  const step = fc.tuple(fc.constantFrom('enter', 'leave', 'watch' as const), fc.nat(2), fc.nat(3))
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
    const exchange = localExchange()
    const watcher = new Noting()
    await exchange.enter(watcher)
    /** What is so. */
    const here = new Map<number, Noting>()
    const all: Array<[number, Noting]> = []
    /** What the watcher believes. */
    const believed = new Map<string, boolean>()
    for (const [what, at, which] of steps) {
      const id = IDS[at] as Uuid
      if (what === 'enter') {
        const member = new Noting(id)
        all.push([at, member])
        here.set(at, member)
        await exchange.enter(member)
      } else if (what === 'leave') {
        const [place, member] = all[which % Math.max(1, all.length)] ?? []
        if (place === undefined || member === undefined) continue
        exchange.leave(member)
        if (here.get(place) === member) here.delete(place)
      } else {
        const watched = IDS.slice(0, which)
        const online = await exchange.watch(watcher, watched)
        believed.clear()
        watcher.notes.length = 0
        watched.forEach((each, index) => { believed.set(formatUuid(each), online[index] === true) })
      }
      for (const note of watcher.notes.splice(0)) {
        const [word, who = ''] = note.split(' ')
        if (!believed.has(who)) throw new Error('it was told of somebody whom it does not watch')
        if (believed.get(who) === (word === 'came')) throw new Error('it was told twice')
        believed.set(who, word === 'came')
      }
      for (const [who, online] of believed) {
        const place = IDS.findIndex(each => formatUuid(each) === who)
        if (online !== here.has(place)) throw new Error('it believes what is not so')
      }
    }
  }))
  t.pass()
})
