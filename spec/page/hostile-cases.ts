import { strict as assert } from 'node:assert'
import { CHAT_KIND } from '../../lib/chat/index.js'
import { sendFiles } from '../../lib/files/index.js'
import type { PageCase, Scene } from './case.js'
import { fileOf, sourceOf } from './content.js'

const MARKUP = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script><b>bold</b>'

/** What peers send who mean harm. */
export const hostileCases: readonly PageCase[] = [
  {
    name: 'markup in names, texts and names of files is shown as what it is, and runs nothing',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      await node.call(`${MARKUP.slice(0, 60)}\u202egnp.exe\u0007`)
      await node.say(MARKUP)
      await node.say('javascript:alert(1)')
      await alice.page.getByText(MARKUP, { exact: true }).first().waitFor()
      const sending = sendFiles(node.client, node.other(), [sourceOf(fileOf('x', 4000), "'&{img src=x onerror=globalThis.pwned=1}.html")])
      const [download] = await Promise.all([alice.page.waitForEvent('download'), alice.accept()])
      assert.equal((await sending).failures.length, 0)
      assert.match(download.url(), /^blob:/)
      assert.equal(await alice.page.evaluate(() => ({ pwned: 'pwned' in globalThis, images: document.querySelectorAll('.bubble img, .bubble b, .bubble script, .bubble a').length })).then(found => JSON.stringify(found)), '{"pwned":false,"images":0}')
      const name = await alice.page.getByRole('heading', { level: 2 }).innerText()
      assert.ok(!name.includes('\u202e') && !name.includes('\u0007'))
      assert.ok(name.includes('<img src=x'))
      // nothing was opened in the page's origin
      assert.equal(alice.context.pages().length, 1)
    }
  },
  {
    name: 'a contact who takes the name of another is told apart, and a name that was given stays',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.mixed()
      const mallory = await scene.peer()
      await bob.call('Bob')
      await alice.page.getByRole('heading', { name: 'Bob', exact: true }).waitFor()
      await alice.answer(await mallory.client.offer())
      await alice.page.getByRole('heading', { name: /^Somebody/ }).waitFor()
      await mallory.call('Mallory')
      await alice.page.getByRole('heading', { name: 'Mallory', exact: true }).waitFor()
      await mallory.call('B\u043eb\u200b')
      await alice.page.getByRole('heading', { name: /^B.b \([0-9a-f]{8}\)$/ }).waitFor()
      const row = alice.page.getByRole('navigation').getByRole('button', { name: /Bob \([0-9a-f]{8}\)/ })
      await row.click()
      await alice.page.getByRole('button', { name: 'About this contact' }).click()
      await alice.page.getByRole('button', { name: 'Save name' }).click()
      await alice.page.getByRole('heading', { name: 'Bob', exact: true }).waitFor()
      await alice.page.getByRole('navigation').getByRole('button', { name: /B\u043eb \([0-9a-f]{8}\)/ }).waitFor()
    }
  },
  {
    name: 'messages that are none, of other versions, or very long break nothing',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      for (const bytes of [new Uint8Array(0), Uint8Array.of(9, 9, 9), Uint8Array.of(1, 1), Uint8Array.of(1, 2, 3), new Uint8Array(70_000).fill(1)]) await node.client.peer(node.other()).send(CHAT_KIND, bytes)
      await node.client.peer(node.other()).send(7n, new Uint8Array(10))
      await node.say('x'.repeat(60_000))
      await node.say('and then')
      await alice.entry('and then').waitFor()
      const { overflow } = await alice.page.evaluate(() => ({ overflow: document.documentElement.scrollWidth > innerWidth }))
      assert.equal(overflow, false)
    }
  },
  {
    name: 'the policy is in force: inline scripts, evaluation and markup from texts are refused',
    run: async (scene: Scene): Promise<void> => {
      const { context } = await scene.stranger()
      // not one of those that are watched: what is refused here is our own doing
      const page = await context.newPage()
      await page.goto(scene.relay.address)
      await page.getByLabel('Your name').waitFor()
      const tried = await page.evaluate(async () => {
        const outcome = (work: () => unknown): string => { try { work(); return 'done' } catch (error) { return (error as Error).name } }
        const script = document.createElement('script')
        const text = outcome(() => { script.textContent = 'globalThis.pwned = 1'; document.head.append(script) })
        return {
          html: outcome(() => { document.body.innerHTML += '<b>x</b>' }),
          text,
          elsewhere: await fetch('https://example.org/').then(() => 'done', (error: Error) => error.name),
          pwned: 'pwned' in globalThis
        }
      })
      assert.deepEqual(tried, { html: 'TypeError', text: 'TypeError', elsewhere: 'TypeError', pwned: false })
    }
  }
]
