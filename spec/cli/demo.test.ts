import test from 'ava'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/root.js'

type Pids = Readonly<Record<'relay' | 'alice' | 'bob', number>>

interface Outcome {
  ok: boolean
  file: { bytes: number, sent?: { bytes: number, sha256: string }, received?: { bytes: number, sha256: string } }
  chat: { lines: number, arrived: number }
  protocol?: string
  relay?: { packets: number, bytes: number, secrets: number, found: number, canFind: boolean }
  memory: Partial<Record<string, { start: number, peak: number, aboveStart: number }>>
  failures: Array<{ process: string, code: string, message: string }>
}

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the demonstration; `onStage` is told of its processes as it goes on. */
async function demo (
  args: readonly string[],
  onStage: (stage: string, pids: Pids, demo: ChildProcess) => void = () => {},
  temporary = tmpdir(),
  onStart: (demo: ChildProcess) => void = () => {}
): Promise<Ended> {
  const child = fork(join(ROOT, 'dist/lib/cli/demo.js'), args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, TMPDIR: temporary } })
  onStart(child)
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { output.stdout += text })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { output.stderr += text })
  child.on('message', ({ stage, pids }: { stage: string, pids: Pids }) => { onStage(stage, pids, child) })
  const [code] = await once(child, 'close') as [number | null]
  return { code, ...output }
}

test.serial('one JSON object says that everything arrived and the relay read nothing', async t => {
  const { code, stdout, stderr } = await demo(['--json', '--size', '3000000'])
  const outcome = JSON.parse(stdout) as Outcome
  t.is(stderr, '')
  t.deepEqual(outcome.failures, [])
  t.is(code, 0)
  t.true(outcome.ok)
  t.is(outcome.file.received?.bytes, 3_000_000)
  t.is(outcome.file.sent?.sha256, outcome.file.received?.sha256)
  t.is(outcome.chat.arrived, outcome.chat.lines)
  t.is(outcome.relay?.found, 0)
  t.true(outcome.relay?.canFind)
  t.true((outcome.relay?.secrets ?? 0) > 50)
  // the random half at least went through it
  t.true((outcome.relay?.bytes ?? 0) > 1_000_000)
  t.deepEqual(Object.keys(outcome.memory).sort(), ['alice', 'bob', 'relay'])
  t.is(outcome.protocol, 'Noise_XX_25519_AESGCM_SHA256')
})

test.serial('post-quantum: every handshake is the hybrid one', async t => {
  const { code, stdout, stderr } = await demo(['--post-quantum', '--size', '100000'])
  t.is(stderr, '')
  t.is(code, 0)
  t.regex(stdout, /the links are Noise_XXhfs_25519\+MLKEM768_AESGCM_SHA256/)
})

test.serial('the story for people; a file of no bytes', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'hushwire-test-'))
  const file = join(folder, 'empty')
  await writeFile(file, '')
  const { code, stdout } = await demo(['--file', file])
  await rm(folder, { recursive: true })
  t.is(code, 0)
  t.regex(stdout, /^Alice: Hello Bob/m)
  t.regex(stdout, /^Bob: Hello Alice/m)
  t.regex(stdout, /^SHA-256 received e3b0c44298fc1c14/m)
  t.regex(stdout, /found 0$/m)
})

test.serial('a file that is not there, and options that do not exist, are exit code 2', async t => {
  const missing = await demo(['--json', '--file', join(tmpdir(), 'hushwire', 'is not there')])
  t.is(missing.code, 2)
  t.is(missing.stdout, '')
  t.regex(missing.stderr, /^ERR_DEMO_FILE: /)
  t.is((await demo(['--sideways'])).code, 2)
  t.is((await demo(['--size', '-1'])).code, 2)
  t.is((await demo(['--timeout', '0'])).code, 2)
  const help = await demo(['--help'])
  t.is(help.code, 0)
  t.regex(help.stdout, /--timeout/)
})

for (const stage of ['started', 'connected', 'talked'] as const) {
  for (const victim of ['relay', 'alice', 'bob'] as const) {
    test.serial(`${victim} is killed when the others have ${stage}: they end with coded errors`, async t => {
      const folder = await mkdtemp(join(tmpdir(), 'hushwire-test-'))
      const { code, stdout, stderr } = await demo(['--json', '--size', '40000000'], (now, pids) => {
        if (now === stage) process.kill(pids[victim], 'SIGKILL')
      }, folder)
      const outcome = JSON.parse(stdout) as Outcome
      t.is(code, 1)
      t.is(stderr, '')
      t.false(outcome.ok)
      t.deepEqual(outcome.failures.map(({ process }) => process).sort(), ['alice', 'bob', 'relay'])
      for (const failure of outcome.failures) {
        t.regex(failure.code, /^ERR_/)
        t.not(failure.code, 'ERR_DEMO_UNEXPECTED', failure.message)
        t.is(failure.code === 'ERR_DEMO_PROCESS', failure.process === victim, `${failure.process}: ${failure.code}`)
      }
      // the file that was made is gone
      t.deepEqual(await readdir(folder), [])
      await rm(folder, { recursive: true })
    })
  }
}

test.serial('without the process that started them the others end too', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'hushwire-test-'))
  let known: Pids | undefined
  const { code } = await demo(['--size', '40000000'], (stage, pids, child) => {
    known = pids
    if (stage === 'talked') child.kill('SIGKILL')
  }, folder)
  t.is(code, null)
  for (const pid of Object.values(known ?? {})) await gone(pid)
  t.pass()
  await rm(folder, { recursive: true })
})

test.serial('a time that is over ends everything', async t => {
  const { code, stdout } = await demo(['--json', '--size', '400000000', '--timeout', '2'])
  t.is(code, 1)
  const outcome = JSON.parse(stdout) as Outcome
  t.true(outcome.failures.some(failure => failure.code === 'ERR_DEMO_TIMEOUT'))
})

test.serial('Ctrl-C, which its processes get too, ends it without a word', async t => {
  for (const stage of ['started', 'talked']) {
    const { code, stdout, stderr } = await demo(['--size', '40000000'], (now, pids, child) => {
      if (now !== stage) return
      for (const pid of Object.values(pids)) process.kill(pid, 'SIGINT')
      child.kill('SIGINT')
    })
    t.is(code, 130)
    t.notRegex(stdout, /NOT OK|failed/)
    t.is(stderr, '')
  }
})

test.serial('stopped while it makes its file, and where it cannot make one, nothing stays', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'hushwire-test-'))
  const stopped = await demo(['--json', '--size', '4000000000000'], undefined, folder, child => {
    const watcher = watch(folder, () => {
      child.kill('SIGTERM')
      watcher.close()
    })
  })
  t.deepEqual([stopped.code, stopped.stdout, stopped.stderr], [143, '', ''])
  t.deepEqual(await readdir(folder), [])
  await rm(folder, { recursive: true })
  const nowhere = await demo(['--json'], undefined, folder)
  t.is(nowhere.code, 1)
  t.regex(nowhere.stderr, /^ERR_DEMO_GENERATED: .*ENOENT/)
})

/** Resolves when no such process runs. */
async function gone (pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch (error) {
      if ((error as { code?: string }).code === 'ESRCH') return
      throw error
    }
    await new Promise(resolve => { setTimeout(resolve, 20) })
  }
}
