import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { ignore } from '../../stream/index.js'
import { cliError } from '../errors.js'

/** Bytes of one read. */
const PIECE_BYTES = 262_144
/** A named pipe that was put in the place of a file is opened at once, and not when somebody writes to it. Windows has none. */
const NO_WAIT = (constants.O_NONBLOCK as number | undefined) ?? 0

/**
 * The bytes of a file in pieces, the next one being read while one is looked at. A piece is good until the next is asked for.
 *
 * @param range - from an offset to before another, or to the end
 * @param look - given the open file before anything is read
 * @throws ERR_CLI_FILE when it is no file, what `look` does, and what the system says (as rejections)
 */
export async function * pieces (path: string, { from, to = Infinity, follow = false }: { from: number, to?: number, follow?: boolean }, look?: (file: FileHandle) => Promise<void>): AsyncGenerator<Uint8Array, void> {
  // a link that was put in the place of what was looked at before is not read
  const file = await open(path, constants.O_RDONLY | NO_WAIT | (follow ? 0 : constants.O_NOFOLLOW))
  let ahead: Promise<Uint8Array> | undefined
  try {
    await look?.(file)
    if (!(await file.stat()).isFile()) throw cliError('ERR_CLI_FILE', `${path} is no file`)
    const rooms = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)] as const
    let at = from
    const read = async (room: Uint8Array): Promise<Uint8Array> => {
      const { bytesRead } = await file.read(room, 0, Math.min(room.byteLength, to - at), at)
      at += bytesRead
      return room.subarray(0, bytesRead)
    }
    ahead = read(rooms[0])
    for (let turn = 1; ; turn++) {
      const piece = await ahead
      ahead = undefined
      if (piece.byteLength === 0) return
      ahead = read(rooms[turn % 2 as 0 | 1])
      ahead.catch(ignore)
      yield piece
    }
  } finally {
    await ahead?.catch(ignore)
    await file.close()
  }
}
