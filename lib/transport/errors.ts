import { codeOf, errorsOf, type ErrorTable, type HushwireError } from '../stream/index.js'
import { hostAndPort } from './host-and-port.js'

/** The codes that the transports raise. Errors of the platform are their `cause`. */
export const TRANSPORT_ERRORS = {
  ERR_TRANSPORT_REFUSED: { origin: 'remote', fatal: true, sentence: 'nobody listens at that address' },
  ERR_TRANSPORT_CONNECT: { origin: 'remote', fatal: true, sentence: 'the connection could not be made' },
  ERR_TRANSPORT_CONNECT_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the connection was not made in time' },
  ERR_TRANSPORT_LISTEN: { origin: 'local', fatal: true, sentence: 'cannot listen at that address' },
  ERR_TRANSPORT_TLS: { origin: 'remote', fatal: true, sentence: 'TLS could not be agreed on, or the certificate is not one to trust' },
  ERR_TRANSPORT_CERTIFICATE: { origin: 'local', fatal: true, sentence: 'the certificate or its key cannot be used' },
  ERR_TRANSPORT_RESET: { origin: 'remote', fatal: true, sentence: 'the connection was reset by the other side' },
  ERR_TRANSPORT_FAILED: { origin: 'remote', fatal: true, sentence: 'the connection failed' },
  ERR_TRANSPORT_CLOSED: { origin: 'local', fatal: true, sentence: 'the connection was closed here' },
  ERR_TRANSPORT_CLOSE_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the connection was closed here, and the other side did not end in time' },
  ERR_TRANSPORT_MESSAGE_TOO_LARGE: { origin: 'remote', fatal: true, sentence: 'a message is longer than the transport takes' },
  ERR_TRANSPORT_TEXT_MESSAGE: { origin: 'remote', fatal: true, sentence: 'a text message came where only bytes are spoken' },
  ERR_TRANSPORT_PROTOCOL: { origin: 'remote', fatal: true, sentence: 'the other side broke the rules of the transport' },
  ERR_TRANSPORT_OVERFLOW: { origin: 'local', fatal: true, sentence: 'more came than may wait to be read, and this transport cannot make the other side wait' }
} as const satisfies ErrorTable

/** Makes an error of {@link TRANSPORT_ERRORS}. */
export const transportError = errorsOf('transport', TRANSPORT_ERRORS)

const RESETS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

/** What a standing connection failed with, as one of ours. */
export function connectionError (cause: unknown): HushwireError {
  const code = codeOf(cause)
  return transportError(RESETS.has(code) ? 'ERR_TRANSPORT_RESET' : 'ERR_TRANSPORT_FAILED', code, cause)
}

/** Codes of Node and OpenSSL for a handshake of TLS that failed, and for certificates. */
const TLS = /^(EPROTO|ERR_SSL_.*|ERR_TLS_.*|CERT_.*|CRL_.*|UNABLE_TO_.*|HOSTNAME_MISMATCH|INVALID_.*|.*SELF_SIGNED_CERT.*|PATH_LENGTH_EXCEEDED)$/

/** What a handshake of TLS that somebody began with us has failed with, as one of ours. */
export function handshakeError (cause: unknown): HushwireError {
  const code = codeOf(cause)
  return code !== undefined && TLS.test(code) ? transportError('ERR_TRANSPORT_TLS', code, cause) : connectionError(cause)
}

/** Why it cannot be listened at an address, as one of ours. @param address - host and port as they were asked for */
export function listenError (cause: unknown, address: { readonly host: string, readonly port: number }): HushwireError {
  return transportError('ERR_TRANSPORT_LISTEN', [hostAndPort(address), codeOf(cause)].filter(Boolean).join(', '), cause)
}

/** What a connection could not be made for, as one of ours. */
export function dialError (cause: unknown): HushwireError {
  const code = codeOf(cause)
  if (code === 'ECONNREFUSED') return transportError('ERR_TRANSPORT_REFUSED', undefined, cause)
  if (code !== undefined && TLS.test(code)) return transportError('ERR_TRANSPORT_TLS', code, cause)
  return transportError(code === 'ETIMEDOUT' ? 'ERR_TRANSPORT_CONNECT_TIMEOUT' : 'ERR_TRANSPORT_CONNECT', code ?? statusOf(cause), cause)
}

/** Who answered with HTTP instead of a WebSocket, such as a proxy, or a relay at another path: ws has the status in its sentence alone. */
function statusOf (cause: unknown): string | undefined {
  const status = /^Unexpected server response: (\d{3})$/.exec((cause as Error | undefined)?.message ?? '')?.[1]
  return status && `the answer was HTTP ${status}, and no WebSocket`
}
