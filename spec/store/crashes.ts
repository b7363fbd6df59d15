import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { openMailbox } from '../../lib/store/stored-mailbox.js'
import { collect } from '../support/sources.js'
import { ROOT } from '../support/root.js'
import { open } from './support.js'
import { contentOf, RECIPIENT, SENDERS } from './traffic.js'

/** A generator of numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = state + 0x6D2B79F5 >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

/** What a run came to. */
export interface CrashRun {
  readonly kills: number
  /** Messages that were acknowledged to their senders, and to have been taken. */
  readonly acknowledged: number
  readonly taken: number
  /** What should not be, in words. */
  readonly problems: readonly string[]
}

/**
 * Kills a writer again and again, each time at another point, and looks after each time whether the store opens without a report and
 * holds what was acknowledged: each message once, whole, in its sender's order; nothing that was taken; at most what was under way besides.
 */
export async function crashRun (folder: string, seed: number, kills: number): Promise<CrashRun> {
  const random = seeded(seed)
  const problems: string[] = []
  /** Stored and not taken, by sender; and those of which nobody can say. */
  const stored = SENDERS.map(() => new Set<number>())
  const unsure = SENDERS.map(() => new Set<number>())
  let [acknowledged, taken, next] = [0, 0, 0]
  for (let kill = 0; kill < kills; kill++) {
    const lines = await writeAndKill(folder, next, 1 + Math.floor(random() * 12), Math.floor(random() * 4000))
    const reached = SENDERS.map(() => next)
    for (const line of lines) {
      const [word = '', from = '', text = ''] = line.split(' ')
      const [sender, number] = [Number(from), Number(text)]
      if (word === 'report' || word === 'duplicate') problems.push(`${kill}: ${line}`)
      if (word === 'stored') {
        stored[sender]?.add(number)
        reached[sender] = number + 1
        acknowledged++
      }
      if (word === 'taking') unsure[sender]?.add(number)
      if (word === 'taken') {
        stored[sender]?.delete(number)
        unsure[sender]?.delete(number)
        taken++
      }
    }
    // the one that was being put
    for (const [sender, number] of reached.entries()) unsure[sender]?.add(number)
    const { store, reports } = open(folder)
    for (const report of reports) problems.push(`${kill}: ${report.type}`)
    const mailbox = await openMailbox(store)
    const found = SENDERS.map((): number[] => [])
    let bytes = 0
    for await (const mail of mailbox.read(RECIPIENT)) {
      const sender = SENDERS.findIndex(one => one[0] === mail.sender[0])
      const number = Number(mail.kind)
      found[sender]?.push(number)
      bytes += mail.length
      const body = await collect(mail.source)
      if (Buffer.compare(body, contentOf(sender, number)) !== 0) problems.push(`${kill}: the body of ${sender} ${number}`)
    }
    for (const [sender, numbers] of found.entries()) {
      if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] as number))) problems.push(`${kill}: ${sender} out of order or twice: ${numbers.join()}`)
      for (const number of stored[sender] ?? []) if (!numbers.includes(number) && unsure[sender]?.has(number) !== true) problems.push(`${kill}: ${sender} ${number} is lost`)
      for (const number of numbers) if (stored[sender]?.has(number) !== true && unsure[sender]?.has(number) !== true) problems.push(`${kill}: ${sender} ${number} was not acknowledged, or was taken`)
      stored[sender] = new Set(numbers)
      unsure[sender]?.clear()
    }
    const usage = await mailbox.usage(RECIPIENT)
    if (usage.bytes !== bytes || usage.messages !== found.flat().length) problems.push(`${kill}: counted ${usage.messages} of ${found.flat().length}`)
    await mailbox.close()
    await store.close()
    next = Math.max(...reached) + 1
  }
  return { kills, acknowledged, taken, problems }
}

/** Lines that a writer wrote before it was killed: so many after it was ready, and so many turns of an empty loop later. */
function writeAndKill (folder: string, first: number, lines: number, spins: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'dist/spec/store/writer.js'), folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    let killed = false
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (part: string) => {
      text += part
      if (killed || !text.includes('ready\n') || text.split('\n').length <= lines + 2) return
      killed = true
      for (let spin = 0; spin < spins * 100; spin++) text.charCodeAt(spin % 5)
      child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself: ${code}`))
      // a line that was cut was not read by anybody
      else resolve(text.split('\n').slice(0, -1))
    })
  })
}
