import { Uint8ArrayList } from 'uint8arraylist'
import type { HandshakeFraming } from '../stream/index.js'
import { novaError } from './errors.js'
import { decodeHeader, encodeHeader, HEADER_LENGTH } from './frame.js'

/** The longest handshake message that is read; the largest of ours has 205 bytes, of the hybrid ones 1,405. */
const MAX_MESSAGE = 4096

/** Handshake messages on a hop, and how many frames they have taken. */
export interface HopFraming extends HandshakeFraming {
  readonly sent: number
  readonly received: number
}

/**
 * Handshake messages as plain frames of packetNonce 0, frameNonce counting from 1 in each direction, none of them
 * terminating (nova.md, Handshake of the seed and Link handshake).
 */
export function hopFraming (): HopFraming {
  let sent = 0
  let received = 0
  return {
    get sent () { return sent },
    get received () { return received },
    encode: message => {
      const header = encodeHeader({ packetNonce: 0, frameNonce: ++sent, terminating: false, encrypted: false, size: message.byteLength })
      return new Uint8ArrayList(header, message)
    },
    read: async (reader, signal) => {
      const header = decodeHeader(await reader.read(HEADER_LENGTH, { signal }))
      const expected = ++received
      if (header.packetNonce !== 0 || header.frameNonce !== expected || header.terminating || header.encrypted || header.size > MAX_MESSAGE) {
        throw novaError('ERR_PACKET_PROTOCOL', 'not the next handshake frame')
      }
      return reader.read(header.size, { signal })
    }
  }
}
