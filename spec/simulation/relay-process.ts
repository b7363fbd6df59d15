/** A relay over a folder, until it is killed: `node relay-process.js FOLDER`. It writes its port to stdout, as a line, and what is wrong with the folder to stderr. */
import { writeSync } from 'node:fs'
import { identityFromSeed } from '../../lib/nova/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { openSqliteStore } from '../../lib/store/sqlite/index.js'
import { RELAY_SEED } from './relay-child.js'

const [folder = ''] = process.argv.slice(2)
const store = await openSqliteStore({ folder, onReport: report => { writeSync(2, `${JSON.stringify(report.type)}\n`) } })
const relay = await startRelay({ identity: identityFromSeed(RELAY_SEED), store, tcp: { port: 0 }, limits: { mailbox: { partBytes: 4000 } } })
writeSync(1, `${relay.tcp?.port}\n`)
