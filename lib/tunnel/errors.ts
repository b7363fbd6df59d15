import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that a tunnel raises. */
export const TUNNEL_ERRORS = {
  ERR_TUNNEL_OPTION: { origin: 'local', fatal: true, sentence: 'an option of the tunnel is missing or not what it must be' },
  ERR_TUNNEL_HEAD: { origin: 'remote', fatal: false, sentence: 'what a connection through the tunnel begins with is malformed' },
  ERR_TUNNEL_VERSION: { origin: 'remote', fatal: false, sentence: 'the other end speaks another version of the tunnel: bring both to the same version of hushwire' },
  ERR_TUNNEL_RECORD: { origin: 'remote', fatal: false, sentence: 'what came through the tunnel is malformed' },
  ERR_TUNNEL_PEER: { origin: 'remote', fatal: false, sentence: 'the peer may not connect to what is exposed here' },
  ERR_TUNNEL_SERVICE: { origin: 'remote', fatal: false, sentence: 'no service of that name is exposed, or several where none was named: ask what they are called, and name one' },
  ERR_TUNNEL_REFUSED: { origin: 'remote', fatal: false, sentence: 'nobody listens at the service: start it at the other end' },
  ERR_TUNNEL_UNREACHABLE: { origin: 'remote', fatal: false, sentence: 'the other end cannot reach the service: its address there may be wrong' },
  ERR_TUNNEL_TIMEOUT: { origin: 'remote', fatal: false, sentence: 'the service did not answer the other end in time' },
  ERR_TUNNEL_RESET: { origin: 'remote', fatal: false, sentence: 'the connection was reset at the other end of the tunnel' },
  ERR_TUNNEL_IDLE: { origin: 'remote', fatal: false, sentence: 'nothing has passed through the connection for too long' },
  ERR_TUNNEL_LIMIT: { origin: 'local', fatal: false, sentence: 'as many connections pass through the tunnel as are allowed: end some, or raise maxConnections' },
  ERR_TUNNEL_CLOSED: { origin: 'local', fatal: true, sentence: 'the tunnel is closed here' }
} as const satisfies ErrorTable

/** Makes an error of {@link TUNNEL_ERRORS}. */
export const tunnelError = errorsOf('tunnel', TUNNEL_ERRORS)
