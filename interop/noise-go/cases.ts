import type { Peer } from '../harness/peer.js'
import { meet } from '../noise/meet.js'

/** github.com/flynn/noise. */
export const noiseGo: Peer = {
  name: 'noise-go',
  toolchain: 'go',
  cases: [
    {
      name: 'XX ChaChaPoly SHA256, we initiate, echo',
      portable: true,
      run: context => meet(context, { protocol: 'Noise_XX_25519_ChaChaPoly_SHA256', weAre: 'initiator', prefix: 4, steps: [{ do: 'echo', messages: 10, size: 100 }] })
    }
  ]
}
