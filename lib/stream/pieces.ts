/** Joins pieces into one new array of `length` bytes, by default all that they have. */
export function join (pieces: readonly Uint8Array[], length = lengthOf(pieces)): Uint8Array {
  const joined = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.byteLength
  }
  return joined
}

/** The pieces as one: the piece itself where there is only one, else joined into a new array. */
export function whole (pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0] as Uint8Array : join(pieces)
}

/** Bytes of all pieces, or of those from an index on. */
export function lengthOf (pieces: readonly Uint8Array[], from = 0): number {
  let length = 0
  for (let index = from; index < pieces.length; index++) length += (pieces[index] as Uint8Array).byteLength
  return length
}

/** The same memory as a plain array: the `slice` of a Node Buffer shares where that of a Uint8Array copies, and callers expect the latter. */
export function plain (buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

/** The bytes themselves, or a copy where they lie in memory that is shared between threads: WebCrypto takes none. */
export function unshared (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? bytes as Uint8Array<ArrayBuffer> : new Uint8Array(bytes)
}
