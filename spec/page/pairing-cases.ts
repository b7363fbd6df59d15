import { strict as assert } from 'node:assert'
import type { PageCase, Scene } from './case.js'
import type { Visitor } from './support.js'

/** What the dialog to pair does besides pairing: it ends what it has begun. */
export const pairingCases: readonly PageCase[] = [
  {
    name: 'one camera at a time: it goes off when it is pressed again, and when a code was seen',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.stranger(), await scene.peer()]
      await alice.page.addInitScript(() => {
        const scanned = { opened: 0, text: '', tracks: [] as MediaStreamTrack[] }
        const BarcodeDetector = class { async detect (): Promise<object[]> { return scanned.text === '' ? [] : [{ rawValue: scanned.text }] } }
        Object.assign(globalThis, { scanned, BarcodeDetector })
        navigator.mediaDevices.getUserMedia = async () => {
          const canvas = document.createElement('canvas')
          setInterval(() => canvas.getContext('2d')?.fillRect(0, 0, 10, 10), 50)
          const stream = canvas.captureStream()
          scanned.opened++
          scanned.tracks.push(...stream.getTracks())
          return stream
        }
      })
      const cameras = (): Promise<string> => alice.page.evaluate(() => {
        const { opened, tracks } = Reflect.get(globalThis, 'scanned') as { readonly opened: number, readonly tracks: readonly MediaStreamTrack[] }
        return `${opened} opened, ${tracks.filter(({ readyState }) => readyState === 'live').length} on`
      })
      await alice.begin(scene.relay.address, 'Alice')
      await alice.code()
      // at once: the picture moves the button away
      await alice.page.getByRole('button', { name: 'Scan with the camera' }).evaluate((scan: HTMLButtonElement) => { scan.click(); scan.click() })
      await alice.page.getByRole('button', { name: 'Scan with the camera' }).waitFor()
      assert.equal(await cameras(), '1 opened, 0 on')
      await alice.page.getByRole('button', { name: 'Scan with the camera' }).click()
      await alice.page.getByLabel('What the camera sees').waitFor()
      assert.equal(await cameras(), '2 opened, 1 on')
      await alice.page.evaluate(text => { Object.assign(Reflect.get(globalThis, 'scanned') as object, { text }) }, await node.client.offer())
      await alice.input.waitFor()
      assert.equal(await cameras(), '2 opened, 0 on')
    }
  },
  {
    name: 'whom the browser asks for the camera may leave that open: it is not waited for, and a camera that comes late goes off',
    run: async (scene: Scene): Promise<void> => {
      const alice = await scene.stranger()
      await alice.page.addInitScript(() => {
        const asked: Array<() => MediaStreamTrack[]> = []
        const BarcodeDetector = class { async detect (): Promise<object[]> { return [] } }
        Object.assign(globalThis, { asked, BarcodeDetector })
        navigator.mediaDevices.getUserMedia = () => new Promise(resolve => {
          asked.push(() => {
            const stream = document.createElement('canvas').captureStream()
            resolve(stream)
            return stream.getTracks()
          })
        })
      })
      /** The person says yes to what was asked; how many of its cameras go on running. */
      const allow = (): Promise<number> => alice.page.evaluate(async () => {
        const [tracks = []] = (Reflect.get(globalThis, 'asked') as Array<() => MediaStreamTrack[]>).splice(0).map(yes => yes())
        await new Promise(resolve => { setTimeout(resolve) })
        return tracks.length === 0 ? -1 : tracks.filter(({ readyState }) => readyState === 'live').length
      })
      await alice.begin(scene.relay.address, 'Alice')
      await alice.code()
      await alice.page.getByRole('button', { name: 'Scan with the camera' }).click()
      await alice.page.getByRole('button', { name: 'Stop the camera' }).click()
      await alice.page.getByRole('button', { name: 'Scan with the camera' }).waitFor()
      assert.equal(await allow(), 0)
      await alice.page.getByRole('button', { name: 'Scan with the camera' }).click()
      await alice.page.getByRole('button', { name: 'Close' }).click()
      assert.equal(await allow(), 0)
    }
  },
  {
    name: 'who waits for the other side is told so, and no more once it has failed',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.visitor('Alice'), await scene.peer()]
      const code = await node.client.offer()
      await (await scene.peer()).client.pair(code)
      const dialog = alice.page.getByRole('dialog')
      await alice.page.getByRole('button', { name: 'Pair with somebody' }).first().click()
      const said = await dialog.getByRole('status').evaluateHandle(place => {
        const words: string[] = []
        new MutationObserver(() => { words.push(place.textContent ?? '') }).observe(place, { childList: true })
        return words
      })
      await dialog.getByLabel('Their code or link').fill(code)
      await dialog.getByRole('button', { name: 'Pair', exact: true }).click()
      await dialog.getByRole('alert').filter({ hasText: 'used already' }).waitFor()
      // in the dialog: what is beside it is not read out
      assert.deepEqual(await said.jsonValue(), ['Waiting for who made the code.', ''])
    }
  },
  {
    name: 'a code says until when it is good, and is taken away then',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.stranger(), await scene.peer()]
      await alice.page.addInitScript(() => {
        const set = globalThis.setTimeout
        const late: Array<() => void> = []
        // an id that no timer has, for whoever clears it
        const put = (work: () => void): number => { late.push(work); return -1 }
        const isExpiry = (time: number | undefined): boolean => time !== undefined && time > 590_000 && time <= 600_000
        Object.assign(globalThis, { late, setTimeout: (work: () => void, time?: number) => isExpiry(time) ? put(work) : set(work, time) })
      })
      await alice.begin(scene.relay.address, 'Alice')
      const before = Date.now()
      const first = await alice.code()
      const until = Date.parse(await alice.page.getByRole('dialog').locator('time').getAttribute('datetime') ?? '')
      assert.ok(until >= before + 600_000 && until <= Date.now() + 600_000)
      await alice.page.getByLabel('Your code').focus()
      await alice.page.evaluate(() => { for (const work of Reflect.get(globalThis, 'late') as Array<() => void>) work() })
      await alice.page.getByText('Your code is too old now.').first().waitFor()
      assert.equal(await alice.page.getByLabel('Your code').count(), 0)
      // whoever stood in what is gone goes on there
      await alice.page.keyboard.press('Enter')
      const second = await alice.page.getByLabel('Your code').inputValue()
      assert.notEqual(second, first)
      await node.client.pair(second)
      await alice.input.waitFor()
    }
  },
  {
    name: 'who closes the dialog waits for nobody: what is under way is given up',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.visitor('Alice'), await scene.peer()]
      const code = await node.client.offer()
      await scene.relay.kill()
      await alice.page.getByText('Not connected; trying again').first().waitFor()
      await enter(alice, code)
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
      await scene.relay.start()
      await alice.page.getByText('Connected', { exact: true }).waitFor()
      // goes through all that the first one would have gone through
      await enter(alice, await (await scene.peer()).client.offer())
      await alice.input.waitFor()
      assert.equal(node.client.contacts.list().length, 0)
      assert.equal(await alice.page.getByRole('navigation').getByRole('button').count(), 1)
    }
  },
  {
    name: 'while the relay is away the dialog itself says so, for a code of ours and for one that is answered',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.visitor('Alice'), await scene.peer()]
      const code = await node.client.offer()
      const dialog = alice.page.getByRole('dialog')
      const away = dialog.getByRole('paragraph').filter({ hasText: 'The relay cannot be reached. It is tried again by itself' })
      const said = dialog.getByRole('status')
      await scene.relay.kill()
      await alice.page.getByText('The relay cannot be reached.').waitFor()
      await alice.page.getByRole('button', { name: 'Pair with somebody' }).first().click()
      await away.waitFor()
      await said.filter({ hasText: 'The relay cannot be reached.' }).waitFor({ state: 'attached' })
      await dialog.getByText('Making a code…').waitFor()
      await scene.relay.start()
      await dialog.getByLabel('Your code').waitFor()
      await away.waitFor({ state: 'detached' })
      // it goes while somebody is waited for
      await scene.relay.kill()
      await away.waitFor()
      await enter(alice, code)
      await dialog.getByRole('button', { name: 'Waiting for them…' }).waitFor()
      assert.equal(await away.isVisible(), true)
      assert.match(await said.innerText(), /^The relay cannot be reached/)
      await scene.relay.start()
      await alice.input.waitFor()
    }
  },
  {
    name: 'a relay that takes no answer to a code, or is away, is waited for a minute: then the dialog says why, and what to do',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = [await scene.stranger(), await scene.peer()]
      await alice.page.addInitScript(() => {
        const set = globalThis.setTimeout
        const late: Array<() => void> = []
        Object.assign(globalThis, { late, setTimeout: (work: () => void, time?: number) => time === 60_000 ? (late.push(work), -1) : set(work, time) })
      })
      const over = (): Promise<void> => alice.page.evaluate(() => { for (const work of (Reflect.get(globalThis, 'late') as Array<() => void>).splice(0)) work() })
      const trouble = alice.page.getByRole('dialog').getByRole('alert')
      await alice.begin(scene.relay.address, 'Alice')
      const code = await node.client.offer()
      const refused = scene.relay.fill()
      await enter(alice, code)
      await refused
      await over()
      await trouble.filter({ hasText: 'its disk may be full. Try again later, and tell who runs the relay' }).waitFor()
      await scene.relay.kill()
      // the second try fails with it; the first is what has ended the connection
      await alice.page.getByText('The relay cannot be reached.').first().waitFor()
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Pair', exact: true }).click()
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Waiting for them…' }).waitFor()
      await over()
      await trouble.filter({ hasText: 'The relay cannot be reached.' }).waitFor()
    }
  }
]

async function enter (visitor: Visitor, code: string): Promise<void> {
  const dialog = visitor.page.getByRole('dialog')
  if (await dialog.count() === 0) await visitor.page.getByRole('button', { name: 'Pair with somebody' }).first().click()
  await dialog.getByLabel('Their code or link').fill(code)
  await dialog.getByRole('button', { name: 'Pair', exact: true }).click()
}
