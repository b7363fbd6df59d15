import { open, type FileHandle } from 'node:fs/promises'

/** Bytes of a sample of a file. */
const SAMPLE_BYTES = 32
const SAMPLES = 64
/** A sample of fewer different bytes could be anywhere. */
const MIN_DIFFERENT = 8

/** Pieces of a file from all over it, which whoever could read it would see. */
export async function sampleFile (path: string): Promise<Uint8Array[]> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const samples: Uint8Array[] = []
    for (let i = 0; i < SAMPLES && size >= SAMPLE_BYTES; i++) {
      const sample = await sampleAt(file, Math.floor((size - SAMPLE_BYTES) * i / (SAMPLES - 1)))
      if (new Set(sample).size >= MIN_DIFFERENT) samples.push(sample)
    }
    return samples
  } finally {
    await file.close()
  }
}

async function sampleAt (file: FileHandle, position: number): Promise<Uint8Array> {
  const sample = new Uint8Array(SAMPLE_BYTES)
  await file.read(sample, 0, SAMPLE_BYTES, position)
  return sample
}

/**
 * Looks for secrets in streams of bytes, wherever they are cut. The first two bytes of each are a filter, so that a byte costs
 * about a nanosecond.
 */
export class SecretSearch {
  readonly #secrets: readonly Uint8Array[]
  readonly #filter = new Uint8Array(65_536)
  readonly #byPrefix = new Map<number, Uint8Array[]>()
  readonly #found = new Set<Uint8Array>()
  readonly #longest: number

  /** Secrets are of at least two bytes. */
  constructor (secrets: readonly Uint8Array[]) {
    this.#secrets = secrets
    this.#longest = Math.max(2, ...secrets.map(secret => secret.byteLength))
    for (const secret of secrets) {
      const prefix = prefixOf(secret, 0)
      this.#filter[prefix] = 1
      this.#byPrefix.set(prefix, [...this.#byPrefix.get(prefix) ?? [], secret])
    }
  }

  /** How many different secrets were found. */
  get found (): number { return this.#found.size }

  /** Looks through one stream, piece by piece. */
  stream (): (bytes: Uint8Array) => void {
    let tail: Uint8Array = new Uint8Array(0)
    return bytes => {
      const overlap = this.#longest - 1
      this.#search(concat(tail, bytes.subarray(0, overlap)))
      this.#search(bytes)
      const end = bytes.byteLength >= overlap ? bytes : concat(tail, bytes)
      tail = end.slice(Math.max(0, end.byteLength - overlap))
    }
  }

  /** True when every secret is found where it is, cut at every place. */
  selfTest (): boolean {
    return this.#secrets.every(secret => {
      for (let cut = 0; cut <= secret.byteLength; cut++) {
        const search = new SecretSearch([secret])
        const look = search.stream()
        look(concat(Uint8Array.of(1, 2, 3), secret.subarray(0, cut)))
        look(concat(secret.subarray(cut), Uint8Array.of(4)))
        if (search.found !== 1) return false
      }
      return true
    })
  }

  #search (bytes: Uint8Array): void {
    const filter = this.#filter
    for (let at = 0; at + 1 < bytes.byteLength; at++) {
      if (filter[prefixOf(bytes, at)] === 1) this.#compare(bytes, at)
    }
  }

  #compare (bytes: Uint8Array, at: number): void {
    for (const secret of this.#byPrefix.get(prefixOf(bytes, at)) ?? []) {
      if (secret.every((byte, index) => bytes[at + index] === byte)) this.#found.add(secret)
    }
  }
}

function prefixOf (bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | bytes[at + 1] as number
}

function concat (a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.byteLength + b.byteLength)
  both.set(a)
  both.set(b, a.byteLength)
  return both
}
