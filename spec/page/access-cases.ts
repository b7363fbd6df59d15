import { strict as assert } from 'node:assert'
import type { Page } from 'playwright-core'
import type { PageCase, Scene } from './case.js'
import { fileOf } from './content.js'
import { contrastProblems } from './contrast.js'
import type { Visitor } from './support.js'

/** Presses Tab until what has the focus is called so. */
async function tabTo (page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 40; step++) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement === document.body ? null : document.activeElement
      const label = element?.id === '' || element === null ? '' : document.querySelector(`label[for="${element.id}"]`)?.textContent ?? ''
      return `${element?.getAttribute('aria-label') ?? ''} ${label} ${element?.textContent ?? ''}`
    })
    if (name.test(focused)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`nothing with the focus is called ${name.source}`)
}

/** What has a role and no name, by its markup. */
function nameless (page: Page): Promise<string[]> {
  return page.evaluate(() => Array.from(document.querySelectorAll<HTMLElement>('button, input, textarea, progress, img, dialog, a, section, nav, ul, ol, [role=group]')).filter(element => {
    if (element.closest('[hidden], [aria-hidden=true]') !== null || element.offsetParent === null && element.tagName !== 'DIALOG') return false
    const labelled = (element.getAttribute('aria-labelledby') ?? '').split(' ').map(id => document.getElementById(id)?.textContent ?? '').join('')
    const label = element.id === '' ? '' : document.querySelector(`label[for="${element.id}"]`)?.textContent ?? ''
    const own = element.matches('button, a') ? element.textContent : ''
    return `${element.getAttribute('aria-label') ?? ''}${labelled}${label}${element.getAttribute('alt') ?? ''}${own}`.trim() === ''
  }).map(element => element.outerHTML.slice(0, 120)))
}

async function sound ({ page }: Visitor, where: string): Promise<void> {
  assert.deepEqual(await nameless(page), [], where)
  assert.deepEqual(await contrastProblems(page), [], where)
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${where} is wider than the screen`)
}

/** Keyboard, readers, narrow screens, light and dark. */
export const accessCases: readonly PageCase[] = [
  {
    name: 'by keyboard alone: begin, pair, write, send a file, accept, go back',
    run: async (scene: Scene): Promise<void> => {
      const node = await scene.peer()
      const alice = await scene.stranger()
      const { page } = alice
      // asked for now, so that the browser knows of it when the key is pressed
      const choosing = page.waitForEvent('filechooser', { timeout: 0 })
      choosing.catch(() => undefined)
      await page.goto(scene.relay.address)
      await page.getByLabel('Your name').waitFor()
      await page.keyboard.type('Alice')
      await page.keyboard.press('Enter')
      await page.getByText('Connected', { exact: true }).waitFor()
      await tabTo(page, /Pair with somebody/)
      await page.keyboard.press('Enter')
      await tabTo(page, /Their code/)
      await page.keyboard.insertText(await node.client.offer())
      await page.keyboard.press('Enter')
      await alice.input.waitFor()
      await page.keyboard.type('typed')
      await page.keyboard.press('Enter')
      assert.equal(await node.text(), 'typed')
      await alice.entry(/typed.*Seen/s).waitFor()
      await tabTo(page, /Send files/)
      await page.keyboard.press('Enter')
      const chooser = await choosing
      await chooser.setFiles(fileOf('by-keyboard.txt', 100))
      await node.fileDone()
      await node.say('here you are')
      await alice.entry('here you are').waitFor()
      await page.getByRole('status').filter({ hasText: 'here you are' }).waitFor({ state: 'attached' })
      await page.keyboard.press('Escape')
      await page.getByText('Choose somebody to write to').waitFor()
      // the focus is on whom we come from
      await page.keyboard.press('Enter')
      await alice.input.waitFor()
    }
  },
  ...(['light', 'dark'] as const).flatMap(colorScheme => [360, 1200].map((width): PageCase => ({
    name: `${colorScheme}, ${width} px: everything has a name, enough contrast, and fits`,
    run: async (scene: Scene): Promise<void> => {
      const options = { colorScheme, viewport: { width, height: 740 } }
      const alice = await scene.stranger(options)
      await alice.page.goto(scene.relay.address)
      await alice.page.getByLabel('Your name').waitFor()
      await sound(alice, 'the first visit')
      await alice.begin(scene.relay.address, 'Alice')
      await sound(alice, 'nobody here yet')
      const code = await alice.code()
      await sound(alice, 'the dialog to pair')
      const bob = await scene.visitor('Bob')
      await bob.answer(code)
      await alice.input.waitFor()
      await alice.say('hello')
      await bob.say('a longer text that goes over more than one line on a narrow screen, with-a-word-that-is-much-too-long-for-it-and-has-to-be-broken-somewhere')
      await alice.entry('a longer text').waitFor()
      await bob.choose(fileOf('a-name-that-is-rather-long-for-a-narrow-screen-and-goes-on.tar.gz', 2_000_000))
      await alice.page.getByRole('button', { name: /^Accept/ }).waitFor()
      await sound(alice, 'a conversation with an offer')
      await alice.accept()
      await alice.entry('Saved.').waitFor()
      await sound(alice, 'a conversation with a file')
      // what was said is a list, with so many items as there are entries
      assert.equal(await alice.page.getByRole('list', { name: 'Messages' }).getByRole('listitem').count(), 3)
      // whose presence takes more words than a narrow screen has room for
      await bob.page.goto('about:blank')
      await alice.page.getByText('Away: gets what you write').waitFor()
      await sound(alice, 'a conversation with somebody who is away')
      await alice.page.getByRole('button', { name: 'About this contact' }).click()
      await sound(alice, 'the dialog of a contact')
      await alice.page.keyboard.press('Escape')
      await alice.page.keyboard.press('Escape')
      await alice.page.getByRole('button', { name: 'Settings' }).click()
      await sound(alice, 'the settings')
      if (process.env['HUSHWIRE_SHOTS'] !== undefined) await alice.page.screenshot({ path: `${process.env['HUSHWIRE_SHOTS']}/settings-${colorScheme}-${width}.png` })
    }
  })))
]
