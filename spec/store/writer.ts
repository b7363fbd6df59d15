/**
 * Puts messages until it is killed: `node writer.js FOLDER SEED`. For each that was acknowledged it writes its number to stdout, as a line.
 * Each sender numbers its own messages; the number is in the id, and the body follows from it.
 */
import { writeSync } from 'node:fs'
import { openMailbox } from '../../lib/store/stored-mailbox.js'
import { openSqliteStore } from '../../lib/store/sqlite/index.js'
import { bodyOf, idOf, RECIPIENT, SENDERS } from './traffic.js'

const [folder = '', first = '0'] = process.argv.slice(2)
const store = await openSqliteStore({ folder, onReport: report => { writeSync(1, `report ${JSON.stringify(report)}\n`) } })
const mailbox = await openMailbox(store, { limits: { partBytes: 3000 } })
writeSync(1, 'ready\n')

await Promise.all(SENDERS.map(async (sender, index) => {
  for (let number = Number(first); ; number++) {
    const outcome = await mailbox.put({ id: idOf(number), sender, recipient: RECIPIENT, kind: BigInt(number) }, bodyOf(index, number))
    writeSync(1, `${outcome} ${index} ${number}\n`)
    // messages go, too
    if (number % 4 !== 0) {
      for await (const mail of mailbox.read(RECIPIENT)) {
        writeSync(1, `taking ${SENDERS.findIndex(sender => sender[0] === mail.sender[0])} ${Number(mail.kind)}\n`)
        await mailbox.acknowledge(RECIPIENT, mail.position)
        writeSync(1, `taken ${SENDERS.findIndex(sender => sender[0] === mail.sender[0])} ${Number(mail.kind)}\n`)
        break
      }
    }
  }
}))
