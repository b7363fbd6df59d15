import { Presets, SingleBar } from 'cli-progress'
import type { Narrator, Outcome } from './demonstration.js'

const MIB = 1_048_576

/** Tells on stdout what happens, with a progress bar on stderr where that is a terminal. */
export function storyteller (): Narrator & { end(): void } {
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: 'file {bar} {percentage}% {value} of {total} MiB, {eta} s left', stream: process.stderr, clearOnComplete: true }, Presets.shades_classic)
    : undefined
  let started = false
  return {
    stage: text => { say(text) },
    line: (from, text) => { say(`${from}: ${text}`) },
    processes: tellStarter,
    progress: (bytes, total) => {
      if (bar === undefined) return
      if (!started) bar.start(Math.ceil(total / MIB), 0)
      started = true
      bar.update(Math.ceil(bytes / MIB))
    },
    end: () => { bar?.stop() }
  }
}

/** For machines: nothing but what comes at the end. */
export function silence (): Narrator & { end(): void } {
  const nothing = (): void => {}
  return { stage: nothing, line: nothing, progress: nothing, processes: tellStarter, end: nothing }
}

/** Who started this program with a channel, as tests do, learns which processes there are. */
function tellStarter (stage: string, pids: Readonly<Record<string, number>>): void {
  process.send?.({ stage, pids }, () => {})
}

/** The end of the story. */
export function summary (outcome: Outcome): string {
  const { file, relay, memory, failures } = outcome
  const lines = failures.map(({ process, code, message }) => `${process} failed with ${code}: ${message}`)
  if (file.sent !== undefined && file.received !== undefined) {
    lines.push(
      `file: ${mib(file.received.bytes)} MiB in ${file.sent.seconds.toFixed(1)} s, ${(outcome.mebibytesPerSecond ?? 0).toFixed(1)} MiB/s`,
      `SHA-256 sent     ${file.sent.sha256}`,
      `SHA-256 received ${file.received.sha256}`
    )
  }
  if (relay !== undefined) {
    lines.push(`the relay saw ${mib(relay.bytes)} MiB in ${relay.packets} packets, looked for ${relay.secrets} pieces of the plaintext and found ${relay.found}`)
    if (!relay.canFind) lines.push('the search of the relay does not work')
  }
  for (const [name, use] of Object.entries(memory)) lines.push(`memory of ${name}: at most ${mib(use.peak)} MiB, ${mib(use.aboveStart)} MiB above its start`)
  lines.push(outcome.ok ? 'everything arrived as it was sent, and nobody between could read it' : 'NOT OK')
  return lines.join('\n')
}

export function say (text: string): void {
  process.stdout.write(`${text}\n`)
}

function mib (bytes: number): string {
  return (bytes / MIB).toFixed(1)
}
