import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Loaded into a command before its own modules: it takes its pipes for a terminal, and what nobody holds is collected at once.

for (const stream of [process.stdin, process.stdout]) Object.assign(stream, { isTTY: true })

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
setInterval(collect, 100).unref()
