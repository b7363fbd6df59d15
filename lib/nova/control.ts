import { whole } from '../stream/index.js'
import { novaError } from './errors.js'
import { getUint32, putUint32, type Frame } from './frame.js'

/** Bytes of a control record: type u8, packetNonce u32, value u32. */
const RECORD_LENGTH = 9

/** The types of control records (nova.md, Control). */
export const CONTROL = { credit: 1, reset: 2, stop: 3, ping: 4, pong: 5, goaway: 6, rekey: 7 } as const
/** What credit may add up to: bytes of a packet, or packets. */
export const MAX_CREDIT = 2 ** 31
/** Most records of one frame: more would hold up everything behind them. */
const FRAME_RECORDS = 4096

/** Why a link says goaway. */
export const GOAWAY_CODES = {
  /** The sender has nothing more to say. */
  done: 0,
  /** The link has no nonces left; connect again. */
  exhausted: 1,
  /** The sender shuts down; try elsewhere. */
  shutdown: 2,
  /** Another connection of the same identity has taken the place of this one. */
  takenOver: 3
} as const

/** A control record. */
export interface ControlRecord {
  readonly type: number
  readonly packetNonce: number
  readonly value: number
}

/** Records as the contents of frames. */
export function * recordFrames (records: readonly ControlRecord[]): Generator<Uint8Array> {
  for (let at = 0; at < records.length; at += FRAME_RECORDS) yield encodeRecords(records.slice(at, at + FRAME_RECORDS))
}

/** Writes records back to back. */
export function encodeRecords (records: readonly ControlRecord[]): Uint8Array {
  const bytes = new Uint8Array(records.length * RECORD_LENGTH)
  records.forEach((record, index) => {
    const at = index * RECORD_LENGTH
    bytes[at] = record.type
    putUint32(bytes, at + 1, record.packetNonce)
    putUint32(bytes, at + 5, record.value)
  })
  return bytes
}

/** Reads the records of a control frame. @throws ERR_CONTROL_RECORD */
export function decodeRecords (frame: Frame): ControlRecord[] {
  if (frame.size === 0 || frame.size % RECORD_LENGTH !== 0 || frame.size > FRAME_RECORDS * RECORD_LENGTH) throw novaError('ERR_CONTROL_RECORD', `${frame.size} bytes`)
  const records: ControlRecord[] = []
  const bytes = whole(frame.content)
  for (let at = 0; at < bytes.byteLength; at += RECORD_LENGTH) {
    // what comes behind a rekey would have to be under the next key
    if (bytes[at] === CONTROL.rekey && at + RECORD_LENGTH < bytes.byteLength) throw novaError('ERR_CONTROL_RECORD', 'a rekey that is not the last')
    records.push({ type: bytes[at] as number, packetNonce: getUint32(bytes, at + 1), value: getUint32(bytes, at + 5) })
  }
  return records
}

/** True when the last record of a control frame is a rekey: everything after it is under the next key. */
export function endsInRekey (frame: Frame): boolean {
  return frame.size > 0 && frame.size % RECORD_LENGTH === 0 && whole(frame.content)[frame.size - RECORD_LENGTH] === CONTROL.rekey
}
