import { codeOf } from '../stream/index.js'

/** What codes of the system mean, for who does not know them. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is nothing of that name',
  EEXIST: 'something else has that name',
  EACCES: 'this user may not do that',
  EPERM: 'this user may not do that',
  ENOTDIR: 'something on the way is no folder',
  EISDIR: 'it is a folder',
  EROFS: 'nothing can be written there',
  ELOOP: 'it is a link that is not followed',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'there is no room on the disk',
  EDQUOT: 'there is no room on the disk',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EBUSY: 'something else uses it'
}

/** Why the system refused something, in words, if its code is one that we know. */
export function knownReason (error: unknown): string | undefined {
  return REASONS[codeOf(error) ?? '']
}

/** Likewise; the code where there are no words, and nothing that could be secret. */
export function reasonOf (error: unknown): string {
  return knownReason(error) ?? codeOf(error) ?? 'unknown'
}
