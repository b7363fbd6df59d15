import { NIL_UUID } from '../../bytes/index.js'
import type { RoutedHeader } from '../../nova/index.js'

/** What a packet from the relay itself is headed with. */
export function fromRelay (kind: bigint): RoutedHeader {
  return { target: NIL_UUID, source: NIL_UUID, kind }
}
