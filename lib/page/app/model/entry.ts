/** Of what we have said: on its way, at the relay, shown to them, given up. Of what they have: shown to us or not. */
export type TextState = 'waiting' | 'sent' | 'seen' | 'failed' | 'unread' | 'read'

/** A text in a conversation. */
export interface TextEntry {
  readonly type: 'text'
  /** Of the message, in hex. */
  readonly id: string
  readonly peer: string
  readonly mine: boolean
  /** When it was written, by the clock of who wrote it. */
  readonly time: number
  readonly text: string
  readonly state: TextState
  /** Why it is not sent yet, or could not be, as a sentence. */
  readonly trouble?: string | undefined
}

/** Waits for a yes, is on its way, is over there or here, has been saved, was declined, has failed. */
export type FilesState = 'asking' | 'going' | 'done' | 'saved' | 'declined' | 'failed'

/** Files in a conversation. */
export interface FilesEntry {
  readonly type: 'files'
  readonly id: string
  readonly peer: string
  readonly mine: boolean
  readonly time: number
  /** Some of the names. */
  readonly names: readonly string[]
  readonly count: number
  readonly bytes: number
  readonly state: FilesState
  /** What they sent is not shown yet. */
  readonly unread: boolean
  /** What has gone wrong, as a sentence. */
  readonly trouble?: string | undefined
}

/** What stands in a conversation. */
export type Entry = TextEntry | FilesEntry

export function isUnread (entry: Entry): boolean {
  return entry.type === 'text' ? entry.state === 'unread' : entry.unread
}
