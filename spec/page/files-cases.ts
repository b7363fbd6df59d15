import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Download } from 'playwright-core'
import { sendFiles } from '../../lib/files/index.js'
import type { PageCase, Scene } from './case.js'
import { fileOf, sourceOf } from './content.js'
import type { Visitor } from './support.js'

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What the browser saved. */
async function saved (download: Download): Promise<Uint8Array> {
  return readFile(await download.path())
}

/** Accepts what is offered, and gives what was saved. */
export async function accepted (visitor: Visitor): Promise<Uint8Array> {
  const [download] = await Promise.all([visitor.page.waitForEvent('download'), visitor.accept()])
  return saved(download)
}

/** Resolves when the browser keeps nothing of what came: that goes after the entry that says so. */
async function emptied ({ page }: Visitor): Promise<void> {
  await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('hushwire-incoming')
    for (let left = 1; left > 0;) {
      left = 0
      for await (const name of folder.keys()) left += name.length > 0 ? 1 : 0
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
  })
}

/** Resolves when the browser keeps no copy of what was sent: that goes after it was said to have arrived. */
async function forgotten ({ page }: Visitor): Promise<void> {
  await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>(resolve => { const asked = indexedDB.open('hushwire-outgoing'); asked.onsuccess = () => { resolve(asked.result) } })
    for (let left = 1; left > 0;) {
      left = await new Promise<number>(resolve => { const asked = database.transaction('sets').objectStore('sets').count(); asked.onsuccess = () => { resolve(asked.result) } })
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
    database.close()
  })
}

/** Files between pages, and with Node. */
export const filesCases: readonly PageCase[] = [
  {
    name: 'a file goes from page to page, is checked and saved as what it was',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      const file = fileOf('photo of us.png', 5_000_000)
      await alice.choose(file)
      await bob.page.getByText('Alice wants to send you this.').waitFor()
      const [download] = await Promise.all([bob.page.waitForEvent('download'), bob.accept()])
      assert.equal(download.suggestedFilename(), 'photo of us.png')
      assert.equal(hash(await saved(download)), hash(file.buffer))
      await alice.entry('Arrived, and checked.').waitFor()
      // the copy that was kept for a reload is gone
      await forgotten(alice)
      // it can be saved again, and removed
      const [again] = await Promise.all([bob.page.waitForEvent('download'), bob.page.getByRole('button', { name: /^Save again/ }).click()])
      assert.equal(hash(await saved(again)), hash(file.buffer))
      await bob.page.getByRole('button', { name: /^Remove/ }).click()
      await bob.entry('photo of us.png').waitFor({ state: 'detached' })
      await emptied(bob)
    }
  },
  {
    name: 'a page and a peer on Node send files to each other',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      const file = fileOf('notes.txt', 3_000_000)
      await alice.choose(file)
      await node.fileDone()
      assert.equal(hash(node.folder.files.get('notes.txt') ?? new Uint8Array()), hash(file.buffer))
      await alice.entry(/notes\.txt.*Arrived/s).waitFor()
      const other = fileOf('from-node.bin', 3_000_001)
      const [sent, bytes] = await Promise.all([sendFiles(node.client, node.other(), [sourceOf(other)]), accepted(alice)])
      assert.equal(sent.failures.length, 0)
      assert.equal(hash(bytes), hash(other.buffer))
    }
  },
  {
    name: 'several files go together, an empty one among them, and are saved by a button',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      const files = [fileOf('a.txt', 10), fileOf('b.txt', 0), fileOf('c.txt', 1_000_000)]
      await alice.choose(files)
      await bob.page.getByText('3 files').last().waitFor()
      await bob.accept()
      await bob.entry('Here, and checked.').waitFor()
      const downloads: Download[] = []
      const all = new Promise<void>(resolve => { bob.page.on('download', download => { if (downloads.push(download) === files.length) resolve() }) })
      await bob.page.getByRole('button', { name: /^Save/ }).click()
      await all
      for (const { name, buffer } of files) {
        const download = downloads.find(each => each.suggestedFilename() === name)
        assert.ok(download, name)
        assert.equal(hash(await saved(download)), hash(buffer))
      }
    }
  },
  {
    name: 'files that are dropped or pasted are sent',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      for (const kind of ['drop', 'paste']) {
        await alice.page.locator('.talk').evaluate((element, how) => {
          const data = new DataTransfer()
          data.items.add(new File([`${how}ped`], `${how}.txt`))
          if (how === 'drop') element.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
          else element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
        }, kind)
        await node.fileDone()
        assert.equal(new TextDecoder().decode(node.folder.files.get(`${kind}.txt`)), `${kind}ped`)
      }
    }
  },
  {
    name: 'a file that is refused is told to who sends it',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      await alice.choose(fileOf('unwanted.exe', 1000))
      await bob.page.getByRole('button', { name: /^Refuse/ }).click()
      await alice.entry('Bob does not want it.').waitFor()
      await bob.entry('Refused.').waitFor()
    }
  },
  {
    name: 'a transfer is stopped by who sends it, and by who receives it',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      let reached = (): void => undefined
      const half = new Promise<void>(resolve => { reached = resolve })
      let open = (): void => undefined
      node.folder.gate = { at: 250_000, reached, open: new Promise(resolve => { open = resolve }) }
      await alice.choose(fileOf('large.bin', 1_000_000))
      await half
      await alice.page.getByRole('button', { name: /^Cancel/ }).click()
      await alice.entry('You have stopped it.').waitFor()
      open()
      node.folder.gate = undefined
      // the other way round, with a sender who waits in the middle
      const file = fileOf('endless.bin', 800_000)
      let go = (): void => undefined
      const gate = new Promise<void>(resolve => { go = resolve })
      const source = { ...sourceOf(file), async * open () { yield file.buffer.subarray(0, 500_000); await gate; yield file.buffer.subarray(500_000) } }
      const sending = sendFiles(node.client, node.other(), [source]).then(() => 'sent', (error: { code?: string }) => error.code)
      await alice.accept()
      await alice.entry(/endless\.bin.*6\d %/s).waitFor()
      await alice.page.getByRole('button', { name: /^Cancel/ }).click()
      await alice.entry(/endless\.bin.*You have stopped it/s).waitFor()
      go()
      assert.equal(await sending, 'ERR_FILES_DECLINED')
      // nothing is left of it, and not only when the page is loaded again
      await emptied(alice)
    }
  }
]
