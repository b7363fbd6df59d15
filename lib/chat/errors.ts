import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes of chat messages. */
export const CHAT_ERRORS = {
  ERR_CHAT_MESSAGE: { origin: 'remote', fatal: false, sentence: 'the bytes are no chat message' },
  ERR_CHAT_VERSION: { origin: 'remote', fatal: false, sentence: 'the chat message is of another version, or of a type that this one does not know' },
  ERR_CHAT_VALUE: { origin: 'local', fatal: false, sentence: 'this cannot be said in a chat message' }
} as const satisfies ErrorTable

/** Makes an error of {@link CHAT_ERRORS}. */
export const chatError = errorsOf('chat', CHAT_ERRORS)
