import type { Peer } from '../harness/peer.js'
import { noiseCases } from '../noise/matrix.js'

/** github.com/flynn/noise, which has one psk at a time. */
export const noiseGo: Peer = {
  name: 'noise-go',
  toolchain: 'go',
  cases: noiseCases(['NNpsk0', 'NNpsk2', 'XXpsk3', 'IKpsk2', 'KKpsk0', 'XKpsk1', 'Npsk0'])
}
