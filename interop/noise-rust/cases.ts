import type { Peer } from '../harness/peer.js'
import { noiseCases } from '../noise/matrix.js'

/** snow. */
export const noiseRust: Peer = {
  name: 'noise-rust',
  toolchain: 'cargo',
  cases: noiseCases(['NNpsk0', 'NNpsk2', 'XXpsk3', 'IKpsk2', 'KKpsk0+psk2', 'XXpsk0+psk3', 'Kpsk0'])
}
