import '../../../bench/peers/with-resolvers.js'
import type { Logger } from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'

/** Says nothing: making a logger costs more than what is decoded. */
const QUIET: Logger = Object.assign(() => {}, { trace: () => {}, error: () => {}, enabled: false, newScope: () => QUIET })

/** A connection of libp2p in hand: what comes is given by hand, what is sent is kept. */
export class HandStream extends AbstractMessageStream {
  readonly sent: Uint8Array[] = []

  constructor (direction: 'inbound' | 'outbound' = 'inbound') {
    super({ log: QUIET, direction })
  }

  override sendData (data: { slice(): Uint8Array, byteLength: number }): SendResult {
    this.sent.push(data.slice())
    return { sentBytes: data.byteLength, canSendMore: true }
  }

  override sendReset (): void {}
  override sendPause (): void {}
  override sendResume (): void {}
  override async close (): Promise<void> { this.onTransportClosed() }
}
