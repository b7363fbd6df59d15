import { open, type FileHandle } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// Loaded into a command before its own modules, see halted.ts: reads of files wait at each offset of HALTED_AT until SIGUSR2 lets them go on.

const halts = (process.env['HALTED_AT'] ?? '').split(',').map(Number)
const waiting = new Set<() => void>()

const goOn = (): void => {
  halts.shift()
  for (const wake of waiting) wake()
  waiting.clear()
}
process.on('SIGUSR2', goOn)
// what is told to end waits for no read
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    halts.length = 0
    goOn()
  })
}

const handle = await open(fileURLToPath(import.meta.url))
const files = Object.getPrototypeOf(handle) as FileHandle
await handle.close()
const own = files.read as (this: FileHandle, ...args: unknown[]) => Promise<unknown>
const halting = async function (this: FileHandle, ...args: unknown[]): Promise<unknown> {
  while (Number(args[3] ?? 0) >= (halts[0] ?? Infinity)) await new Promise<void>(resolve => { waiting.add(resolve) })
  return own.apply(this, args)
}
Object.assign(files, { read: halting })
