/** Decoders with a fault each, for the test of the fuzzer itself. */
import { decode, string, uint8 } from '../../lib/bytes/index.js'
import type { MaybePromise } from '../../lib/stream/index.js'
import type { Input } from './input.js'
import { same, type Target } from './target.js'

const kept: Uint8Array[] = []

/** The fault shows once a changed input begins with a byte above 200. */
function planted (name: string, fault: (bytes: Uint8Array) => MaybePromise<void>): Target {
  return {
    name,
    valid: random => Uint8Array.of(random.nat(100), ...random.bytes(random.nat(20))),
    decode: (input: Input) => (input.bytes[0] ?? 0) > 200 ? fault(input.bytes) : undefined,
    codes: ['ERR_SHORT_INPUT'],
    first: [],
    largest: bytes => bytes + 1024
  }
}

export const targets: readonly Target[] = [
  planted('none', () => {}),
  planted('bare', () => { throw new TypeError('undefined is not a function') }),
  planted('other-code', bytes => { decode(uint8, bytes.slice(0, 2)) }),
  planted('hangs', () => { for (;;); }),
  planted('never-settles', () => new Promise(() => {})),
  planted('unheld', () => { void Promise.reject(new Error('lost')) }),
  planted('claims', bytes => { new Uint8Array(bytes.byteLength * 1_000_000).fill(1) }),
  planted('claims-beyond', () => { new Uint8Array(2 ** 53) }),
  planted('many', () => { for (let count = 0; count < 1000; count++) new Uint8Array(1000) }),
  planted('writes', bytes => { bytes.fill(0) }),
  planted('changes', bytes => { same('written again', bytes.slice(1), bytes) }),
  planted('keeps', bytes => { kept.push(new Uint8Array(bytes.byteLength + 1000).slice(), ...Array.from({ length: 40 }, () => new Uint8Array(1000))) }),
  planted('coded', bytes => { decode(string, bytes) })
]
