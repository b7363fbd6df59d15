/** How far a transfer is. */
export interface FilesProgress {
  /** The file that is on its way; empty when there is none. */
  readonly path: string
  /** Of that file, the bytes that are over there. */
  readonly fileBytes: number
  readonly fileSize: number
  /** Of all files, the bytes that are over there, those of earlier runs among them. */
  readonly bytes: number
  readonly size: number
  /** Bytes that were over there when this run began: what a rate does not count. */
  readonly resumed: number
  /** Files that are over there, or were given up. */
  readonly files: number
  readonly fileCount: number
}
