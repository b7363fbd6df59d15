/**
 * What is said in a chat, as mail: texts, receipts that they were shown, and names. It knows neither terminal nor page.
 *
 * @module chat
 */
export { CHAT_KIND, CHAT_LIMITS, chatText, decodeChat, encodeChat, type ChatMessage, type ChatName, type ChatReceipt, type ChatText } from './message.js'
export { CHAT_ERRORS } from './errors.js'
