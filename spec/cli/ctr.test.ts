import test from 'ava'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from '../support/root.js'

interface Told { event: string, port?: number, code?: string, advice?: string, exit?: number, sent?: number, received?: number, text?: string }

/** A running command: what it tells on stderr as events, what it writes as text and as a hash. */
class Run {
  readonly process: ChildProcess
  readonly told: Told[] = []
  /** All of stderr. */
  stderr = ''
  readonly #digest = createHash('sha256')
  #text = ''
  received = 0
  readonly #waiting: Array<() => void> = []
  /** The exit code, when everything it has written is here. */
  readonly ended: Promise<number | null>
  #over = false

  constructor (args: readonly string[], input: 'pipe' | 'ignore' | number = 'pipe') {
    this.process = spawn(process.execPath, [join(ROOT, 'dist/lib/cli/main.js'), 'ctr', ...args], { stdio: [input, 'pipe', 'pipe'] })
    this.ended = once(this.process, 'close').then(([code]) => {
      this.#over = true
      this.#changed()
      return code as number | null
    })
    // what is written to a process that has ended is nobody's
    this.process.stdin?.on('error', () => {})
    this.process.stdout?.on('data', (bytes: Buffer) => {
      this.#digest.update(bytes)
      this.received += bytes.byteLength
      if (this.received < 10_000) this.#text += bytes.toString('utf8')
      this.#changed()
    })
    if (this.process.stderr === null) throw new Error('no stderr')
    createInterface(this.process.stderr).on('line', line => {
      this.stderr += `${line}\n`
      if (line.startsWith('{')) this.told.push(JSON.parse(line) as Told)
      this.#changed()
    })
  }

  get text (): string { return this.#text }
  get sha256 (): string { return this.#digest.copy().digest('hex') }

  /** Waits for an event that it tells. */
  async event (name: string): Promise<Told> {
    return this.until(() => this.told.find(({ event }) => event === name), name)
  }

  async until<T> (look: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (this.#over) throw new Error(`ended without ${what}: ${this.stderr}`)
      await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    }
  }

  #changed (): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'hushwire-ctr-'))
const secret = join(folder, 'secret')
const other = join(folder, 'other')
await writeFile(secret, Buffer.alloc(32, 7), { mode: 0o600 })
await writeFile(other, Buffer.alloc(32, 8), { mode: 0o600 })
test.after.always(() => rm(folder, { recursive: true }))

const top = ['--secret-file', secret, '--role', 'top', '--json']
const bottom = ['--secret-file', secret, '--role', 'bottom', '--json']

/** A pair that stands. */
async function pair (listenerInput?: 'pipe' | 'ignore', dialerInput?: 'pipe' | 'ignore' | number, dialerArgs = bottom): Promise<[listener: Run, dialer: Run]> {
  const listener = new Run(['--listen', '0', ...top], listenerInput)
  const { port } = await listener.event('listening')
  const dialer = new Run(['--connect', `127.0.0.1:${port}`, ...dialerArgs], dialerInput)
  return [listener, dialer]
}

test.serial('text both ways, as it comes; each end is a half-close', async t => {
  const [listener, dialer] = await pair()
  listener.process.stdin?.write('from the listener\n')
  await dialer.until(() => dialer.text === 'from the listener\n' || undefined, 'the line')
  dialer.process.stdin?.end('from the dialer\n')
  await listener.until(() => listener.text === 'from the dialer\n' || undefined, 'the line')
  // the dialer has ended its direction, and still receives
  listener.process.stdin?.end('and more\n')
  t.deepEqual(await Promise.all([listener.ended, dialer.ended]), [0, 0])
  t.is(dialer.text, 'from the listener\nand more\n')
  const { sent, received } = await dialer.event('ended')
  t.deepEqual([sent, received], [16, 27])
})

test.serial('a file of 64 MiB arrives as it was', async t => {
  const path = join(folder, 'large')
  const file = await open(path, 'w')
  const block = Buffer.from(Array.from({ length: 65_536 }, (_, at) => at * at % 253))
  for (let at = 0; at < 1024; at++) {
    block.writeUInt32BE(at)
    await file.write(block)
  }
  await file.close()
  const digest = createHash('sha256')
  for await (const bytes of createReadStream(path)) digest.update(bytes as Buffer)
  const input = await open(path)
  const [listener, dialer] = await pair('ignore', input.fd)
  t.deepEqual(await Promise.all([listener.ended, dialer.ended]), [0, 0])
  await input.close()
  t.is(listener.received, 67_108_864)
  t.is(listener.sha256, digest.digest('hex'))
})

test.serial('another secret and the same role are told, before anybody has said anything', async t => {
  for (const [args, code, advice] of [
    [['--secret-file', other, '--role', 'bottom', '--json'], 'ERR_CTR_FIRST_FRAME', /secret/],
    [['--secret-file', secret, '--role', 'top', '--json'], 'ERR_CTR_SAME_ROLE', /--role/]
  ] as const) {
    const [listener, dialer] = await pair('pipe', 'pipe', [...args])
    t.deepEqual(await Promise.all([listener.ended, dialer.ended]), [1, 1])
    const failures = [await listener.event('failed'), await dialer.event('failed')]
    // who is reset before it has read the first frame knows no more than that
    t.true(failures.some(failure => failure.code === code && advice.test(failure.advice ?? '')), JSON.stringify(failures))
    for (const failure of failures) t.true([code, 'ERR_TRANSPORT_RESET'].includes(failure.code ?? ''), failure.code)
  }
})

test.serial('a secret file that is missing, a folder, too short or too long; one that others can read', async t => {
  const short = join(folder, 'short')
  await writeFile(short, Buffer.alloc(31), { mode: 0o600 })
  const long = join(folder, 'long')
  await writeFile(long, Buffer.alloc(65_537), { mode: 0o600 })
  for (const path of [join(folder, 'missing'), folder, short, long]) {
    const run = new Run(['--connect', '127.0.0.1:1', '--secret-file', path, '--role', 'top'])
    t.is(await run.ended, 2)
    t.regex(run.stderr, /^hushwire ctr: (warning.*\n.*)?ERR_CLI_SECRET: .*the other side has too; .*head -c 32/)
    t.true(run.stderr.includes(path))
  }
  const open = join(folder, 'open')
  await writeFile(open, Buffer.alloc(32))
  await chmod(open, 0o644)
  const run = new Run(['--connect', '127.0.0.1:1', '--secret-file', open, '--role', 'top'])
  t.is(await run.ended, 1)
  t.regex(run.stderr, /warning: others can read .*chmod 600/)
  t.regex(run.stderr, /ERR_TRANSPORT_REFUSED: .*--listen first/)
})

test.serial('a command that makes no sense is exit code 2, help is 0', async t => {
  for (const args of [
    [], ['--listen', '0', '--connect', 'a:1', ...top], ['--listen', 'nowhere', ...top], ['--connect', '1.2.3.4', ...top], ['--connect', 'h:70000', ...top], top,
    ['--listen', '0', '--secret-file', secret, '--role', 'middle'], ['--listen', '0', '--secret-file', secret], ['--listen', '0', ...top, '--timeout', '0'], ['--sideways']
  ]) t.is(await new Run(args).ended, 2, args.join(' '))
  const told = new Run(['--connect', '127.0.0.1', ...top])
  t.is(await told.ended, 2)
  t.like(await told.event('failed'), { code: 'ERR_CLI_OPTION', advice: 'See hushwire ctr --help.', exit: 2, sent: 0, received: 0 })
  const help = new Run(['--help'])
  t.is(await help.ended, 0)
  t.regex(help.text, /--secret-file <file>/)
  t.regex(help.text, /--connect <\[host:\]port>/)
})

test.serial('a port that is in use', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const run = new Run(['--listen', `127.0.0.1:${(server.address() as { port: number }).port}`, '--secret-file', secret, '--role', 'top'])
  t.is(await run.ended, 1)
  t.regex(run.stderr, /ERR_TRANSPORT_LISTEN: .*EADDRINUSE.*another/)
  server.close()
})

test.serial('a peer that is killed: what came before is there, and the exit code is 1', async t => {
  const [listener, dialer] = await pair()
  dialer.process.stdin?.write('half of it')
  await listener.until(() => listener.text === 'half of it' || undefined, 'the text')
  dialer.process.kill('SIGKILL')
  t.is(await listener.ended, 1)
  t.is(listener.text, 'half of it')
  const { code, received, exit } = await listener.event('failed')
  t.is(exit, 1)
  t.regex(code ?? '', /^ERR_(CTR_END|TRANSPORT_RESET)$/)
  t.is(received, 10)
})

test.serial('SIGINT and SIGTERM end it, also while it waits; the other side does not take it for an end', async t => {
  const [listener, dialer] = await pair()
  await dialer.event('connected')
  dialer.process.stdin?.write('x')
  await listener.until(() => listener.text === 'x' || undefined, 'the text')
  dialer.process.kill('SIGINT')
  t.deepEqual(await Promise.all([listener.ended, dialer.ended]), [1, 130])
  t.like(await dialer.event('failed'), { code: 'ERR_CLI_STOPPED', exit: 130 })
  t.is((await listener.event('failed')).code, 'ERR_TRANSPORT_RESET')
  const waiting = new Run(['--listen', '0', ...top])
  await waiting.event('listening')
  waiting.process.kill('SIGTERM')
  t.is(await waiting.ended, 143)
})

test.serial('a connection that says nothing is over after the timeout; one that speaks something else, at its first words', async t => {
  for (const [words, code] of [['', 'ERR_HANDSHAKE_TIMEOUT'], ['GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n', 'ERR_CTR_FIRST_FRAME']] as const) {
    const listener = new Run(['--listen', '0', ...top, '--timeout', words === '' ? '0.2' : '10'])
    const { port } = await listener.event('listening')
    const socket = connect(port ?? 0, '127.0.0.1', () => { socket.write(words) }).on('error', () => {})
    t.is(await listener.ended, 1)
    t.is((await listener.event('failed')).code, code)
    socket.destroy()
  }
})

test.serial('a connection that sends a nonce and no frame, or part of one, is over after the timeout', async t => {
  for (const length of [32, 47]) {
    const listener = new Run(['--listen', '0', ...top, '--timeout', '0.5'])
    const { port } = await listener.event('listening')
    const socket = connect({ port: port ?? 0, host: '127.0.0.1', allowHalfOpen: true }, () => { socket.write(Buffer.alloc(length)) }).on('error', () => {}).resume()
    t.is(await listener.ended, 1)
    t.is((await listener.event('failed')).code, 'ERR_HANDSHAKE_TIMEOUT')
    socket.destroy()
  }
})

test.serial('a signal ends it while its secret is a FIFO that nobody writes to', async t => {
  const fifo = join(folder, 'fifo')
  if (spawnSync('mkfifo', [fifo]).status !== 0) {
    t.pass('there are none here')
    return
  }
  await chmod(fifo, 0o644)
  const waiting = new Run(['--listen', '0', '--secret-file', fifo, '--role', 'top', '--json'])
  // opens when the command has opened the other end; the warning comes before it reads
  const writer = await open(fifo, 'w')
  await waiting.event('warning')
  waiting.process.kill('SIGTERM')
  await waiting.ended
  await writer.close()
  t.deepEqual([waiting.process.exitCode, waiting.process.signalCode], [null, 'SIGTERM'])
})

test.serial('a signal ends it while nobody reads its output', async t => {
  const [listener, dialer] = await pair()
  // far more than pipes and sockets hold
  dialer.process.stdin?.write(Buffer.alloc(67_108_864))
  await listener.until(() => listener.received > 0 || undefined, 'the first bytes')
  listener.process.stdout?.pause()
  const exit = once(listener.process, 'exit')
  listener.process.kill('SIGINT')
  t.deepEqual(await exit, [130, null])
  listener.process.stdout?.resume()
  t.is(await dialer.ended, 1)
})

test.serial('reports that nobody reads end nothing', async t => {
  const [listener, dialer] = await pair()
  await Promise.all([listener.event('connected'), dialer.event('connected')])
  dialer.process.stderr?.destroy()
  listener.process.stdin?.end()
  dialer.process.stdin?.end('to the end')
  t.deepEqual(await Promise.all([listener.ended, dialer.ended]), [0, 0])
  t.is(listener.text, 'to the end')
})

test.serial('an output whose reader has gone', async t => {
  const [listener, dialer] = await pair()
  listener.process.stdout?.destroy()
  dialer.process.stdin?.write('x')
  t.is(await listener.ended, 1)
  t.is((await listener.event('failed')).code, 'ERR_CLI_OUTPUT')
  t.is(await dialer.ended, 1)
})
