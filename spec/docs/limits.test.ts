import test from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CTR_FRAMES_LIMITS } from '../../lib/ctr/layer.js'
import { CTR_PEER_LIMITS } from '../../lib/ctr/peer.js'
import { FILES_LIMITS } from '../../lib/files/index.js'
import { PEERS_LIMITS, STACK_LIMITS } from '../../lib/nova/index.js'
import { CLIENT_LIMITS } from '../../lib/relay/index.js'
import { ADMISSION_LIMITS, RELAY_LIMITS } from '../../lib/relay/server/index.js'
import { DIRECTORY_LIMITS, MAILBOX_LIMITS } from '../../lib/store/index.js'
import { TUNNEL_LIMITS } from '../../lib/tunnel/limits.js'
import { ROOT } from '../support/root.js'

test('the guide of each part names all of its limits, and the page of limits leads to that guide', t => {
  const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')
  for (const [name, limits] of [
    ['back-pressure.md', { ...STACK_LIMITS, ...PEERS_LIMITS, ...CTR_FRAMES_LIMITS, ...CTR_PEER_LIMITS, ...RELAY_LIMITS, ...ADMISSION_LIMITS, ...MAILBOX_LIMITS, ...DIRECTORY_LIMITS }],
    ['relay-client.md', CLIENT_LIMITS],
    ['files.md', FILES_LIMITS],
    ['tunnel.md', TUNNEL_LIMITS]
  ] as const) {
    t.deepEqual(Object.keys(limits).filter(limit => !page(name).includes(`\`${limit}\``)), [], name)
    t.true(name === 'back-pressure.md' || page('back-pressure.md').includes(`](${name}#`), name)
  }
})
