import { decodeChat, encodeChat, type ChatMessage } from '../../../lib/chat/index.js'
import type { Random } from '../random.js'
import { same, type Target } from '../target.js'

const text = (random: Random): string => random.pick(['a', 'grüße', '\u{1F511} key', 'x'.repeat(1 + random.nat(200))])

function made (random: Random): ChatMessage {
  const type = random.pick(['text', 'receipt', 'name'] as const)
  if (type === 'text') return { type, id: random.bytes(16), time: random.nat(2 ** 50), text: text(random) }
  if (type === 'receipt') return { type, ids: [random.bytes(16), ...random.many(5, () => random.bytes(16))] }
  return { type, name: random.pick(['', text(random)]) }
}

/** Chat messages: what was read is the one way to write it. */
export const message: Target = {
  name: 'chat.message',
  valid: random => encodeChat(made(random)),
  decode: input => {
    same('written again', encodeChat(decodeChat(input.bytes)), input.bytes)
  },
  codes: ['ERR_CHAT_MESSAGE', 'ERR_CHAT_VERSION'],
  first: ['ERR_CHAT_VERSION'],
  edges: [16, 24, 256, 65_536],
  largest: bytes => 2 * bytes + 4096
}
