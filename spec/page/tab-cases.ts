import { strict as assert } from 'node:assert'
import type { PageCase, Scene } from './case.js'

/** One tab at a time. */
export const tabCases: readonly PageCase[] = [
  {
    name: 'a second tab says that there is another one, and takes over when that is closed',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      const second = await alice.context.newPage()
      alice.watch(second)
      await second.goto(scene.relay.address)
      await second.getByText('hushwire is open in another tab or window').waitFor()
      await bob.say('still here?')
      await alice.entry('still here?').waitFor()
      await alice.page.close()
      await second.getByRole('button', { name: 'Load the page again' }).click()
      await second.getByRole('button', { name: /Bob/ }).waitFor()
    }
  },
  {
    name: 'a link that is opened in a second tab is answered in the first one',
    run: async (scene: Scene): Promise<void> => {
      const alice = await scene.visitor('Alice')
      const node = await scene.peer()
      const offer = await node.client.offer()
      const second = await alice.context.newPage()
      alice.watch(second)
      await second.goto(`${scene.relay.address}#${offer}`)
      await second.getByText('hushwire is open in another tab, which has the code now').waitFor()
      assert.equal(await alice.page.getByLabel('Their code or link').inputValue(), offer)
      await alice.page.getByRole('button', { name: 'Pair', exact: true }).click()
      await alice.input.waitFor()
    }
  }
]
