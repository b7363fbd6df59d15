import { HushwireError } from '../../../stream/index.js'

const RELAY_AWAY = 'The relay cannot be reached. It is tried again by itself; look at your connection, or ask who runs the relay.'
const NEW_OFFER = 'Ask for a new code, and use it soon: each is good for one person and a short time.'
const NO_ROOM = 'This browser has no room left for the page. Remove files here or elsewhere, then try again.'

/** What has happened and what to do, by code. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR_TRANSPORT_REFUSED: RELAY_AWAY,
  ERR_TRANSPORT_CONNECT: RELAY_AWAY,
  ERR_TRANSPORT_CONNECT_TIMEOUT: RELAY_AWAY,
  ERR_TRANSPORT_RESET: 'The connection was lost. It is made anew by itself.',
  ERR_TRANSPORT_FAILED: 'The connection was lost. It is made anew by itself.',
  ERR_RELAY_LEAVING: 'The relay is being restarted. It is tried again by itself.',
  ERR_RELAY_SHUTDOWN: 'The relay is being restarted. It is tried again by itself.',
  ERR_TRUNCATED: RELAY_AWAY,
  ERR_TIMEOUT: 'The relay or the other side took too long. Try again.',
  ERR_IDENTITY_REFUSED: 'What answers there is not the relay that you have used so far: it has another key. Somebody may stand between. Ask who runs the relay before you go on.',
  ERR_RELAY_TAKEN_OVER: 'You are connected in another place with the same identity. Close that one, then load this page again.',
  ERR_RELAY_INVITE: 'This relay asks for an invite. Ask who runs it for one (hushwire relay invite makes it), and enter it below.',
  ERR_RELAY_NOT_REGISTERED: 'This relay does not admit you. Ask who runs it to add your id.',
  ERR_RELAY_FULL: 'The relay takes no more connections for now. It is tried again by itself.',
  ERR_RELAY_RATE: 'The relay is asked too often from your network. It is tried again by itself.',
  ERR_RELAY_UNAVAILABLE: 'The relay cannot take it for now: its disk may be full. Try again later, and tell who runs the relay if that goes on.',
  ERR_RELAY_LIMIT: 'The relay takes no more of that for now. Try again in some minutes, and tell who runs the relay if that goes on.',
  ERR_RELAY_ADDRESS: 'This is no address of a relay. It looks like wss://relay.example/#KEY; who runs the relay has it.',
  ERR_RELAY_URL: 'A page can use relays whose address begins with wss: or ws:.',
  ERR_OFFER_TEXT: 'This is no code for pairing. It begins with hushwire: and has to be whole.',
  ERR_OFFER_VERSION: 'The code comes from another version of hushwire. Update the older one.',
  ERR_OFFER_RELAY: 'The code is for another relay than the one of this page. Open the page of that relay, and use the code there.',
  ERR_OFFER_EXPIRED: `The code is too old. ${NEW_OFFER}`,
  ERR_OFFER_REFUSED: `The code was used already, or is too old. ${NEW_OFFER}`,
  ERR_OFFER_TOKEN: `The code was used already, or is too old. ${NEW_OFFER}`,
  ERR_OFFER_PEER: `The code does not fit who answers. ${NEW_OFFER}`,
  ERR_OFFER_UNANSWERED: 'Who made the code does not answer. They have to be connected: try again when they are. If the code was used before, ask them for a new one.',
  ERR_OFFER_LIMIT: 'There are as many open codes as may be. Wait until some are too old.',
  ERR_CONTACT_LIMIT: 'You have as many contacts as may be. Remove one first.',
  ERR_RELAY_UNKNOWN_TARGET: 'The relay does not know them: they use another relay, or have not connected yet.',
  ERR_RELAY_NO_PREKEY: 'They have to connect once more before they can be written to.',
  ERR_RELAY_NOT_ACCEPTED: 'They do not have you among their contacts. Pair with them anew.',
  ERR_RELAY_QUOTA: 'As much waits for them as the relay takes. Try again when they have read some.',
  ERR_RELAY_OFFLINE: 'They are away. It goes on when they are back.',
  ERR_RELAY_TARGET_GONE: 'They are away. It goes on when they are back.',
  ERR_RESET_GONE: 'The connection was lost. It goes on by itself.',
  ERR_RESET_REFUSED: 'They do not take files now: they have to have the page open, or hushwire receive running.',
  ERR_CHAT_VALUE: 'The message is too long. Send it in parts, or as a file.',
  ERR_STORE_BUSY: 'hushwire is open in another tab or window. Go on there, or close it and load this page again.',
  ERR_STORE_OPEN: 'This browser does not let the page keep anything. Open it by https: (or at localhost), and not in a private window.',
  ERR_STORE_VERSION: 'What is kept here is of a newer version of the page. Load it again, or use the newer one.',
  ERR_STORE_SEAL: 'What is kept here was sealed with a key that is gone. It cannot be opened any more: forget it, and begin anew.',
  ERR_STORE_FAILED: 'The browser has cleared what this page keeps, or cannot write any more. Load the page again.',
  ERR_STORE_SPACE: NO_ROOM,
  ERR_FILES_DECLINED: 'They do not want the files.',
  ERR_FILES_EXISTS: 'They have a file of that name already. Rename yours, then send it again.',
  ERR_FILES_SPACE: 'There is no room for it where it goes. Make some, then send it again: what has come is kept.',
  ERR_FILES_STOPPED: 'It was stopped. What has come is kept: send it again to go on.',
  ERR_FILES_NO_ANSWER: 'They have not answered. Send it again when they are there.',
  ERR_FILES_UNREACHABLE: 'They could not be reached for too long. Send it again to go on: what has come is kept.',
  ERR_FILES_LIMIT: 'These are too many files at once. Send them in parts, or in an archive.',
  ERR_FILES_BUSY: 'As many files are on their way as may be. Try again when one has ended.',
  ERR_FILES_PATH: 'One of the names is not one that every system can hold. Rename the file, then send it again.',
  ERR_FILES_DUPLICATE: 'Two of the names would be the same on some systems. Rename one, then send them again.',
  ERR_FILES_CHANGED: 'The file has changed while it was sent. Send it again.',
  ERR_FILES_READ: 'The file cannot be read any more. Choose it again.',
  ERR_FILES_HASH: 'What came is not what was sent. Send it again.'
}

/** Which of the browser's own errors say what. */
const BY_NAME: Readonly<Record<string, string>> = {
  QuotaExceededError: NO_ROOM,
  NotAllowedError: 'The browser does not allow it. Look at what this page may do, beside its address.',
  NotFoundError: 'There is none on this device.',
  NotReadableError: 'The file cannot be read any more. Choose it again.'
}

/** A sentence for a person: what has happened, and what to do. */
export function adviceOf (error: unknown): string {
  const known = error instanceof HushwireError ? ADVICE[error.code] : error instanceof Error ? BY_NAME[error.name] : undefined
  if (known !== undefined) return known
  return `Something went wrong (${error instanceof Error ? error.message : 'unknown'}). Load the page again; if that does not help, tell who runs it.`
}
