import test from 'ava'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FreshProfile } from '../../../lib/cli/pair/fresh-profile.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import type { Offer } from '../../../lib/relay/index.js'
import { cleanUp, temporaryFolder } from '../support.js'

test.after.always(cleanUp)

test('what cannot be taken away hides nothing of what has failed', async t => {
  const folder = temporaryFolder()
  process.env['XDG_CONFIG_HOME'] = join(folder, 'config')
  process.env['XDG_DATA_HOME'] = join(folder, 'data')
  const fresh = await FreshProfile.unlessThere({}, { url: 'ws://localhost/', relayFingerprint: new Uint8Array(32) } as Partial<Offer> as Offer, undefined)
  if (fresh === undefined) throw new Error('there is one')
  await fresh.opening.identity()
  // a file is where its folders were
  const above = dirname(fresh.opening.folders.data)
  mkdirSync(dirname(above), { recursive: true })
  rmSync(above, { recursive: true, force: true })
  writeFileSync(above, '')
  const told: string[] = []
  const stream = { write: (text: string) => { told.push(text) } }
  await fresh.failed(new Error('first'), new Output({ command: 'pair' }, stream, stream))
  t.regex(told.join(''), /what was begun of the profile default could not be taken away \(ENOTDIR\); remove /)
})
