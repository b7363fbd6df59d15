/** The messages between a relay and its clients: requests and their answers, and what the relay sends of itself. */
export {
  ANSWER_HEAD_BYTES, decodeAnswered, decodeAnswerHead, decodeAsked, decodeRequestHead, encodeAnswer, encodeRefusal, encodeRequest, INVITE_BYTES, MAIL_HEAD_BYTES, MAX_REQUEST_BYTES,
  operationOf, OPERATIONS, PREKEY_ID_BYTES, RELAY_VERSION, REQUEST_HEAD_BYTES, type Answered, type Asked, type OperationName, type WirePrekey
} from './requests.js'
export { decodeDeliveryHead, decodePresence, DELIVERY_HEAD_BYTES, encodeDeliveryHead, encodePresence, PRESENCE_BYTES, type DeliveryHead, type Presence } from './pushes.js'
export { readHead } from './head.js'
