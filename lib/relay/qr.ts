/**
 * Offers of pairing as QR codes, for screens and for terminals.
 *
 * @module relay/qr
 */
import { renderSVG, renderUnicodeCompact } from 'uqr'
import { streamError } from '../stream/index.js'

/** A QR code. */
export interface QrCode {
  /** An SVG document. */
  readonly svg: string
  /** Lines of block characters, for a terminal with dark letters on light ground or the other way round. */
  readonly terminal: string
}

/**
 * A text as a QR code.
 *
 * @param text - an offer, or any other text of up to 2,000 characters
 * @throws ERR_ARGUMENT when it is no text
 * @example
 * ```ts
 * import { qr } from 'hushwire/relay/qr'
 *
 * console.log(qr('hushwire:AQIDBA').terminal)
 * ```
 */
export function qr (text: string): QrCode {
  if (typeof text !== 'string') throw streamError('ERR_ARGUMENT', 'a QR code is made of a text')
  return { svg: renderSVG(text, { border: 4 }), terminal: renderUnicodeCompact(text, { border: 2 }) }
}
