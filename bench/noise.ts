import { HARDENED, LIBP2P, NOISE_AESGCM, NOISE_CHACHA, pairOf } from './contenders.js'
import { amount, type Benchmark, type Contender } from './harness/benchmark.js'
import { bulk } from './nova-bulk.js'
import type { Handshakes } from './peers/noise.js'

const OURS = 'hushwire channel'
const ENCRYPTER = 'hushwire libp2p encrypter'
const THEIRS = '@chainsafe/libp2p-noise'

function inOneProcess (name: string, module: string, options: object, full: number): Contender {
  return {
    name,
    start: async (processes, scale) => {
      const actor = await processes.spawn<Handshakes>(module, 'both', options)
      const count = amount(scale, full, 20)
      return async () => ({ rate: count / (await actor.handshakes(count) / 1000) })
    }
  }
}

/** Handshakes of Noise XX. */
export const noiseHandshakes: Benchmark = {
  name: 'noise-handshakes',
  work: 'Handshakes of XX_25519_ChaChaPoly_SHA256 over a pair in memory, both ends in one process, one after another. Those of libp2p have an identity and its signature in their payloads, both checked',
  measures: [{ name: 'rate', unit: 'handshakes/s', better: 'higher' }],
  contenders: [
    inOneProcess(OURS, 'peers/noise.js', { protocol: 'Noise_XX_25519_ChaChaPoly_SHA256' }, 1000),
    inOneProcess(ENCRYPTER, 'peers/libp2p-noise.js', { maker: 'ours' }, 1000),
    inOneProcess(THEIRS, 'peers/libp2p-noise.js', { maker: 'theirs' }, 200)
  ],
  aims: [
    { measure: 'rate', of: OURS, against: THEIRS, atLeast: 4 },
    { measure: 'rate', of: ENCRYPTER, against: THEIRS, atLeast: 1 }
  ]
}

/** Bulk through a channel. */
export const noiseBulk: Benchmark = {
  name: 'noise-bulk',
  work: '1 GiB through a Noise channel, client to server over TCP, given in chunks of 256 KiB, beside one Nova packet of 1 GiB and libp2p with its Noise and yamux',
  measures: [
    { name: 'rate', unit: 'MB/s', better: 'higher' },
    { name: 'client processor', unit: 's/GiB', better: 'lower' },
    { name: 'server processor', unit: 's/GiB', better: 'lower' }
  ],
  contenders: [NOISE_AESGCM, NOISE_CHACHA, HARDENED, LIBP2P].map(name => pairOf(name, bulk)),
  aims: [
    { measure: 'rate', of: NOISE_AESGCM, against: HARDENED, atLeast: 1 },
    { measure: 'rate', of: NOISE_CHACHA, against: LIBP2P, atLeast: 1 }
  ]
}
