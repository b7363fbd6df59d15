/** How far a transfer is, at its sender: what it has read and given to the stream; at its receiver: what it has written. */
export interface FilesProgress {
  /** The file that is on its way; empty when there is none. */
  readonly path: string
  /** Bytes of that file, those of earlier streams among them. */
  readonly fileBytes: number
  readonly fileSize: number
  /** Bytes of all files, those of earlier streams among them, and all of each file that was given up. */
  readonly bytes: number
  readonly size: number
  /** Bytes that the receiver had when this stream began: what a rate does not count. */
  readonly resumed: number
  /** Files that are over, or were given up. */
  readonly files: number
  readonly fileCount: number
}
