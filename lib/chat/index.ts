/**
 * What is said in a chat, as mail: texts, receipts that they were shown, and names; how texts and names of others are shown; and answers to pings.
 * It knows neither terminal nor page.
 *
 * @module chat
 */
export { CHAT_KIND, CHAT_LIMITS, chatText, decodeChat, encodeChat, type ChatMessage, type ChatName, type ChatReceipt, type ChatText } from './message.js'
export { lookOf, shownLine } from './shown.js'
export { PING_KIND, PING_LIMITS, pingAnswers, type PingLimits } from './ping-answers.js'
export { CHAT_ERRORS } from './errors.js'
