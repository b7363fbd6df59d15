import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { sendFiles } from '../../lib/files/index.js'
import type { PageCase, Scene } from './case.js'
import { fileOf, sourceOf } from './content.js'
import { accepted } from './files-cases.js'
import type { NodePeer } from './node-peer.js'

const SIZE = 12_000_000

/** Holds the folder of a peer up in the middle of a file. */
function halfway (node: NodePeer): { readonly reached: Promise<void>, readonly open: () => void } {
  let reach = (): void => undefined
  const reached = new Promise<void>(resolve => { reach = resolve })
  let let_ = (): void => undefined
  const open = new Promise<void>(resolve => { let_ = resolve })
  node.folder.gate = { at: SIZE / 2, reached: () => { reach() }, open }
  return {
    reached,
    open: () => {
      node.folder.gate = undefined
      let_()
    }
  }
}

/** Bytes of a file that wait at half of it until they are let go. */
function haltingSource (file: ReturnType<typeof fileOf>): { readonly source: ReturnType<typeof sourceOf>, readonly go: () => void } {
  let go = (): void => undefined
  const gate = new Promise<void>(resolve => { go = resolve })
  return {
    go: () => { go() },
    source: {
      ...sourceOf(file),
      async * open (start) {
        for (let at = start; at < SIZE; at += 65_536) {
          if (at >= SIZE / 2) await gate
          yield file.buffer.subarray(at, at + 65_536)
        }
      }
    }
  }
}

/** What happens in the middle of a file. */
export const cutCases: readonly PageCase[] = [
  {
    name: 'a page that sends is loaded again in the middle of a file: it goes on by itself, where it was',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      const file = fileOf('large.bin', SIZE)
      const half = halfway(node)
      await alice.choose(file)
      await half.reached
      await alice.page.reload()
      half.open()
      await node.fileDone()
      assert.ok(file.buffer.equals(node.folder.files.get('large.bin') ?? new Uint8Array()))
      assert.ok(node.folder.written < SIZE * 1.2, `${node.folder.written} bytes were written`)
      await alice.page.getByRole('navigation').getByRole('button').click()
      await alice.entry('Arrived, and checked.').waitFor()
    }
  },
  {
    name: 'a page that receives is loaded again in the middle of a file: it goes on by itself, where it was, and nobody is asked again',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      const file = fileOf('large.bin', SIZE)
      const { source, go } = haltingSource(file)
      let resumed = 0
      const sending = sendFiles(node.client, node.other(), [source], { onProgress: progress => { resumed = progress.resumed } })
      await alice.accept()
      await alice.entry(/(49|50) % of/).waitFor()
      await alice.page.reload()
      await alice.page.getByRole('navigation').getByRole('button').click()
      const downloading = alice.page.waitForEvent('download')
      go()
      const { failures } = await sending
      assert.equal(failures.length, 0)
      assert.ok(file.buffer.equals(await readFile(await (await downloading).path())))
      assert.ok(resumed >= 4_194_304, `it went on at ${resumed}`)
    }
  },
  {
    name: 'the relay is killed and started again in the middle of a file from a page',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      const file = fileOf('large.bin', SIZE)
      const half = halfway(node)
      await alice.choose(file)
      await half.reached
      await scene.relay.kill()
      half.open()
      await alice.page.getByText('Not connected; trying again').waitFor()
      await scene.relay.start()
      await node.fileDone()
      assert.ok(file.buffer.equals(node.folder.files.get('large.bin') ?? new Uint8Array()))
      await alice.entry('Arrived, and checked.').waitFor()
    }
  },
  {
    name: 'the relay is killed and started again in the middle of a file to a page',
    run: async (scene: Scene): Promise<void> => {
      const [alice, node] = await scene.mixed()
      const file = fileOf('large.bin', SIZE)
      const { source, go } = haltingSource(file)
      const sending = sendFiles(node.client, node.other(), [source])
      const saving = accepted(alice)
      await alice.entry(/(49|50) % of/).waitFor()
      await scene.relay.kill()
      await alice.page.getByText('Not connected; trying again').waitFor()
      await scene.relay.start()
      go()
      assert.equal((await sending).failures.length, 0)
      assert.ok(file.buffer.equals(await saving))
    }
  },
  {
    name: 'files for somebody who is away wait for them, also when both pages are loaded again',
    run: async (scene: Scene): Promise<void> => {
      const [alice, bob] = await scene.pair()
      const address = bob.page.url()
      await bob.page.goto('about:blank')
      await alice.page.getByText('Away: gets what you write later').waitFor()
      const file = fileOf('later.bin', 2_000_000)
      await alice.choose(file)
      await alice.entry(/later\.bin.*Bob is away/s).waitFor()
      await alice.page.reload()
      await bob.page.goto(address)
      await bob.page.getByRole('navigation').getByRole('button').click()
      assert.ok(file.buffer.equals(await accepted(bob)))
    }
  }
]
