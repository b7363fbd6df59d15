import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { vectorFolders } from '../../spec/support/vector-files.js'
import type { CaseContext, Peer } from '../harness/peer.js'
import { FAILURE_CASES } from '../nova/failure-cases.js'
import { HANDSHAKE_CASES } from '../nova/handshake-cases.js'
import { PACKET_CASES } from '../nova/packet-cases.js'
import { SERIALIZER_CASES } from '../nova/serializer-cases.js'
import { SESSION_CASES } from '../nova/session-cases.js'

/** Compiled, this file is in dist/interop/nova-go. */
const SOURCES = resolve(import.meta.dirname, '../../../interop/nova-go')

/** The shared vectors hold for the peer too, so that what it says of ours is worth something. */
async function vectors ({ signal }: CaseContext): Promise<void> {
  const folder = vectorFolders.find(folder => existsSync(join(folder, 'nova.json')))
  if (folder === undefined) throw new Error('there is no nova.json')
  await promisify(execFile)('go', ['test', '-count=1', './...'], { cwd: SOURCES, signal, env: { ...process.env, CGO_ENABLED: '0', VECTORS_DIR: folder } })
}

/** The seed's wire on Go's own crypto and compress/zlib. */
export const novaGo: Peer = {
  name: 'nova-go',
  toolchain: 'go',
  cases: [
    { name: 'the shared vectors hold for the peer', timeout: 120_000, run: vectors },
    ...SERIALIZER_CASES,
    ...PACKET_CASES,
    ...FAILURE_CASES,
    ...HANDSHAKE_CASES,
    ...SESSION_CASES
  ]
}
