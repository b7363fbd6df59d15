import { strict as assert } from 'node:assert'
import { createIdentity } from '../../lib/nova/index.js'
import type { PageCase, Scene } from './case.js'
import { PageRelay } from './support.js'

/** First visits, and how two people meet. */
export const meetingCases: readonly PageCase[] = [
  {
    name: 'two pages pair by a code, and know each other by name',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      await alice.page.getByRole('heading', { name: 'Bob' }).waitFor()
      await bob.page.getByRole('heading', { name: 'Alice' }).waitFor()
      await alice.page.getByText('There now').first().waitFor()
      // who is here is known again, without being asked
      await alice.page.reload()
      await alice.page.getByRole('button', { name: /Bob/ }).click()
      await alice.page.getByRole('heading', { name: 'Bob' }).waitFor()
    }
  },
  {
    name: 'a link pairs at a first visit, and is out of the address and the history at once',
    run: async (scene: Scene): Promise<void> => {
      const alice = await scene.visitor('Alice')
      const offer = await alice.code()
      const bob = await scene.stranger()
      await bob.page.goto(`${scene.relay.address}#${offer}`)
      assert.equal(await bob.page.evaluate(() => location.href), scene.relay.address)
      await bob.page.getByLabel('Your name').fill('Bob')
      await bob.page.getByRole('button', { name: 'Begin and pair' }).click()
      await bob.page.getByRole('button', { name: 'Pair', exact: true }).click()
      await bob.input.waitFor()
      await alice.page.getByRole('heading', { name: 'Bob' }).waitFor()
      await bob.page.goto('about:blank')
      await bob.page.goBack()
      assert.equal(await bob.page.evaluate(() => location.href), scene.relay.address)
      // in a page that is open, too
      await bob.page.getByText('Connected', { exact: true }).waitFor()
      await bob.page.evaluate(text => { location.hash = text }, offer)
      await bob.page.getByRole('dialog').waitFor()
      assert.equal(await bob.page.evaluate(() => location.href), scene.relay.address)
    }
  },
  {
    name: 'a link that comes while the page is loading is not lost',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      const offer = await alice.code()
      await bob.page.reload()
      // as early as there is a script to hear of it
      await bob.page.evaluate(text => { location.hash = text }, offer)
      await bob.page.getByRole('dialog').waitFor()
      assert.equal(await bob.page.getByLabel('Their code or link').inputValue(), offer)
      assert.equal(await bob.page.evaluate(() => location.href), scene.relay.address)
    }
  },
  {
    name: 'a page and a peer on Node pair both ways, and names arrive',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      await node.call('Nodey')
      await alice.page.getByRole('heading', { name: 'Nodey' }).waitFor()
      await alice.say('first')
      assert.equal(await node.text(), 'first')
      assert.ok(node.names.includes('Alice'))
      const other = await scene.peer()
      const code = await alice.code()
      await other.client.pair(code)
      await alice.page.getByText('Somebody has used your code').waitFor({ state: 'attached' })
      assert.equal(await alice.page.getByRole('navigation', { name: 'Contacts' }).getByRole('button').count(), 2)
    }
  },
  {
    name: 'what is no code, one that is used up, one for another relay, and our own say what to do',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      const trouble = bob.page.getByRole('alert').filter({ hasText: /./ })
      const attempt = async (code: string): Promise<string> => {
        await bob.page.getByRole('button', { name: 'Pair with somebody' }).first().click()
        await bob.page.getByLabel('Their code or link').fill(code)
        await bob.page.getByRole('button', { name: 'Pair', exact: true }).click()
        await trouble.waitFor()
        const said = await trouble.innerText()
        await bob.page.getByRole('button', { name: 'Close' }).click()
        return said
      }
      assert.match(await attempt('hello'), /no code for pairing/)
      assert.match(await attempt('hushwire:AQID'), /code/)
      const node = await scene.peer()
      const offer = await node.client.offer()
      const other = await scene.peer()
      await other.client.pair(offer)
      assert.match(await attempt(offer), /used already/)
      const elsewhere = await PageRelay.start()
      const stranger = await (await import('../../lib/relay/index.js')).connect({ url: elsewhere.url, relay: elsewhere.identity.publicKey, identity: createIdentity() })
      assert.match(await attempt(await stranger.offer()), /another relay/)
      await stranger.close()
      await elsewhere.kill()
      assert.ok(alice.wrong.length === 0)
    }
  },
  {
    name: 'a relay that asks for an invite: the page does so too, and begins with the same identity',
    run: async (scene: Scene): Promise<void> => {
      const relay = await PageRelay.start({ rule: 'invite' })
      const alice = await scene.stranger()
      const { page } = alice
      await page.goto(relay.address)
      await page.getByLabel('Your name').fill('Alice')
      await page.getByRole('button', { name: 'Begin', exact: true }).click()
      await page.getByText('This relay asks for an invite.').waitFor()
      const invite = page.getByRole('textbox', { name: 'Invite' })
      assert.equal(await invite.evaluate(element => element === document.activeElement), true)
      const trouble = page.getByRole('alert')
      // not all of it was pasted; then one that the relay has not made
      for (const [text, said] of [['foo', 'only a part of one'], ['A'.repeat(43), 'has refused this invite']] as const) {
        await invite.fill(text)
        await page.getByRole('button', { name: 'Begin', exact: true }).click()
        await trouble.filter({ hasText: said }).waitFor()
        assert.equal(await invite.evaluate(element => element === document.activeElement), true)
      }
      await invite.fill(await relay.invite())
      await page.getByRole('button', { name: 'Begin', exact: true }).click()
      await page.getByText('Connected', { exact: true }).waitFor()
      await page.goto('about:blank')
      await relay.kill()
    }
  },
  {
    name: 'an offer that is answered while its page is away is told when the page is back',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.visitor('Alice'), await scene.peer()]
      const code = await alice.code()
      await alice.page.goto('about:blank')
      const pairing = node.client.pair(code)
      await alice.page.goto(scene.relay.address)
      await pairing
      // it is theirs that has been opened, and they are told our name
      await alice.input.waitFor()
      await alice.say('welcome')
      assert.equal(await node.text(), 'welcome')
      assert.deepEqual(node.names, ['Alice'])
    }
  },
  {
    name: 'who uses a code while something is being written to somebody else changes nothing of that',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      await node.call('Nodey')
      await alice.page.getByRole('heading', { name: 'Nodey' }).waitFor()
      const code = await alice.code()
      await alice.page.getByRole('button', { name: 'Close' }).click()
      await alice.input.fill('half a sent')
      const other = await scene.peer()
      await other.client.pair(code)
      await alice.page.getByText('Somebody has used your code').waitFor({ state: 'attached' })
      await alice.page.getByRole('heading', { name: 'Nodey' }).waitFor()
      assert.equal(await alice.input.inputValue(), 'half a sent')
      // it is kept while another conversation is open
      await alice.page.getByRole('navigation').getByRole('button', { name: /Somebody/ }).click()
      await alice.page.getByRole('heading', { name: /Somebody/ }).waitFor()
      assert.equal(await alice.input.inputValue(), '')
      await alice.page.getByRole('navigation').getByRole('button', { name: /Nodey/ }).click()
      assert.equal(await alice.input.inputValue(), 'half a sent')
    }
  },
  {
    name: 'a relay with another key is told, and trusted only by an address from who runs it',
    run: async (scene: Scene): Promise<void> => {
      const alice = await scene.visitor('Alice')
      const { page } = alice
      const address = (): string => `${scene.relay.url}#${Buffer.from(scene.relay.identity.publicKey).toString('base64url')}`
      const before = address()
      await scene.relay.replace()
      await page.getByText('it has another key').waitFor()
      await page.getByRole('button', { name: 'What to do' }).click()
      const dialog = page.getByRole('dialog', { name: 'The relay has another key' })
      const answer = async (text: string): Promise<void> => {
        await dialog.getByLabel('New address of the relay').fill(text)
        await dialog.getByRole('button', { name: 'Trust the new key' }).click()
      }
      // as a relay on this machine prints it
      await dialog.getByText('It begins with ws: or wss: and ends with a key.').waitFor()
      await answer(before)
      await dialog.getByText('This is the key that was trusted so far.').waitFor()
      await answer('nothing')
      await dialog.getByRole('alert').filter({ hasText: 'address' }).waitFor()
      // what cannot be saved changes nothing: it can be tried again
      await page.evaluate(() => {
        const { transaction } = IDBDatabase.prototype
        Object.assign(globalThis, { mend: () => { IDBDatabase.prototype.transaction = transaction } })
        IDBDatabase.prototype.transaction = () => { throw new DOMException('no room', 'QuotaExceededError') }
      })
      await answer(address())
      await dialog.getByRole('alert').filter({ hasText: 'room left' }).waitFor()
      await page.evaluate(() => { (Reflect.get(globalThis, 'mend') as () => void)() })
      await answer(address())
      await page.getByText('Connected', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Settings' }).click()
      assert.equal(await page.getByLabel('Your name').inputValue(), 'Alice')
      await page.reload()
      await page.getByText('Connected', { exact: true }).waitFor()
    }
  },
  {
    name: 'what is kept is sealed: no key, name or text lies in the clear',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      await alice.say('the secret word is marmalade')
      await bob.entry('marmalade').waitFor()
      await alice.entry('Seen').waitFor()
      const { text, extractable } = await alice.page.evaluate(async () => {
        const open = (name: string): Promise<IDBDatabase> => new Promise((resolve, reject) => { const asked = indexedDB.open(name); asked.onsuccess = () => { resolve(asked.result) }; asked.onerror = () => { reject(new Error(name)) } })
        const all = async (name: string, store: string): Promise<unknown[]> => {
          const database = await open(name)
          const values = await new Promise<unknown[]>((resolve, reject) => { const asked = database.transaction(store).objectStore(store).getAll(); asked.onsuccess = () => { resolve(asked.result) }; asked.onerror = () => { reject(new Error(store)) } })
          database.close()
          return values
        }
        const records = await all('hushwire-page', 'records') as Uint8Array[]
        const [key] = await all('hushwire-page-key', 'keys') as CryptoKey[]
        return { text: records.map(bytes => String.fromCharCode(...bytes)).join('\n'), extractable: key?.extractable }
      })
      assert.equal(extractable, false)
      assert.ok(text.length > 1000)
      for (const word of ['marmalade', 'page/', 'relay/', 'Alice']) assert.ok(!text.includes(word), word)
    }
  },
  {
    name: 'everything here can be forgotten',
    run: async (scene: Scene): Promise<void> => {
      const [alice] = await scene.pair()
      await alice.page.getByRole('button', { name: 'Settings' }).click()
      await alice.page.getByRole('button', { name: 'Forget everything here' }).click()
      await alice.page.getByRole('button', { name: 'Really forget everything?' }).click()
      await alice.page.getByRole('button', { name: 'Begin', exact: true }).waitFor()
      assert.equal(await alice.page.getByLabel('Your name').inputValue(), '')
    }
  }
]
