import { strict as assert } from 'node:assert'
import { PING_KIND } from '../../lib/chat/index.js'
import { Echo } from '../../lib/cli/ping/echo.js'
import type { PageCase, Scene } from './case.js'

/** Texts between pages, and with Node. */
export const chatCases: readonly PageCase[] = [
  {
    name: 'texts go both ways, with marks, and are there after a reload',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      await alice.say('hello')
      await bob.entry('hello').waitFor()
      await alice.entry(/hello.*Seen/s).waitFor()
      await bob.say('line one\nline two 👋')
      await alice.entry('line two').waitFor()
      await bob.entry(/line two.*Seen/s).waitFor()
      await alice.page.reload()
      await alice.page.getByRole('button', { name: /Bob/ }).click()
      await alice.entry('line two').waitFor()
      assert.equal(await alice.page.getByText('hello', { exact: true }).count(), 1)
    }
  },
  {
    name: 'what comes while the conversation is not open counts as unread, and is seen when it is opened',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      await bob.page.keyboard.press('Escape')
      await alice.say('one')
      await alice.say('two')
      const row = bob.page.getByRole('button', { name: /Alice.*2 unread/s })
      await row.waitFor()
      assert.equal(await bob.page.title(), '(2) hushwire')
      await alice.entry(/two.*Sent/s).waitFor()
      await bob.page.reload()
      await row.waitFor()
      await row.click()
      await alice.entry(/one.*Seen/s).waitFor()
      await alice.entry(/two.*Seen/s).waitFor()
      assert.equal(await bob.page.title(), 'hushwire')
    }
  },
  {
    name: 'a page and a peer on Node write to each other, and each text arrives once and in order',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      for (let index = 0; index < 10; index++) await alice.say(`from the page ${index}`)
      for (let index = 0; index < 10; index++) assert.equal(await node.text(), `from the page ${index}`)
      await alice.entry(/from the page 9.*Seen/s).waitFor()
      for (let index = 0; index < 10; index++) await node.say(`from node ${index}`)
      await alice.entry('from node 9').waitFor()
      const texts = await alice.page.locator('.bubble').allInnerTexts()
      assert.deepEqual(texts.filter(text => text.startsWith('from node')), Array.from({ length: 10 }, (_, index) => `from node ${index}`))
    }
  },
  {
    name: 'the page answers pings, as commands do',
    run: async (scene: Scene): Promise<void> => {
      const [, node] = await scene.mixed()
      const echo = new Echo(await node.client.peer(node.other()).open(PING_KIND))
      assert.ok(await echo.round(20_000) > 0)
      assert.ok(await echo.round(20_000) > 0)
      await echo.close()
    }
  },
  {
    name: 'without network the page says so, and what was written goes when it is back',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      await alice.context.setOffline(true)
      await alice.page.getByText('Offline: this device has no network').waitFor()
      await alice.say('written offline')
      await alice.entry(/written offline.*Sending/s).waitFor()
      await alice.context.setOffline(false)
      await alice.page.getByText('Connected', { exact: true }).waitFor()
      assert.equal(await node.text(), 'written offline')
      await alice.entry(/written offline.*Seen/s).waitFor()
    }
  },
  {
    name: 'a relay that is gone is told, and what was written arrives once when it is back',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      await scene.relay.kill()
      await alice.page.getByText('Not connected; trying again').waitFor()
      await alice.page.getByText('The relay cannot be reached').waitFor()
      // who listens to the page does not hear of each new try
      assert.equal(await alice.page.evaluate(() => new Promise<number>(resolve => {
        const line = document.querySelector('.status')
        let [tries, words] = [0, 0]
        new MutationObserver(changes => {
          for (const { type } of changes) {
            if (type === 'attributes') tries++
            else words++
          }
          if (tries >= 4) resolve(words)
        }).observe(line as Element, { attributes: true, childList: true, characterData: true, subtree: true })
      })), 0)
      await alice.say('for later')
      await alice.entry(/for later.*Sending/s).waitFor()
      await scene.relay.start()
      await alice.page.getByText('Connected', { exact: true }).waitFor()
      assert.equal(await node.text(), 'for later')
      await alice.entry(/for later.*Seen/s).waitFor()
    }
  },
  {
    name: 'a text that the relay does not take says why',
    run: async (scene: Scene): Promise<void> => {
      const [alice] = await scene.mixed()
      const refused = scene.relay.fill()
      await alice.say('is there room?')
      await refused
      await alice.entry(/is there room\?.*Sending.*its disk may be full/s).waitFor()
    }
  }
]
