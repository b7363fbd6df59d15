import test from 'ava'
import { inviteOf, startAdvice } from '../../../lib/page/app/model/invite.js'
import { statusError } from '../../../lib/relay/client/errors.js'
import { RELAY_CODES } from '../../../lib/nova/index.js'

const INVITE = Uint8Array.from({ length: 32 }, (_, index) => 255 - index)
const TEXT = Buffer.from(INVITE).toString('base64url')

test('an invite is 32 bytes, and anything else is refused here: the sentence says how long it is', t => {
  t.deepEqual(inviteOf(TEXT), INVITE)
  for (const text of ['foo', TEXT.slice(0, 42), TEXT.slice(1), `${TEXT}AA`, 'no invite at all!', 'ä'.repeat(43), '']) {
    const error = t.throws(() => inviteOf(text), { code: 'ERR_RELAY_INVITE' }, text)
    if (text !== '') t.true(startAdvice(error, text).startsWith('This is no invite, or only a part of one: it has 43 characters.'), text)
  }
})

test('an invite that the relay refuses is told apart from none', t => {
  const refused = statusError(RELAY_CODES.invite)
  t.true(startAdvice(refused, '').startsWith('This relay asks for an invite.'))
  t.true(startAdvice(refused, TEXT).startsWith('The relay has refused this invite: it is unknown or used up.'))
  // what has nothing to do with it stays as it is
  t.true(startAdvice(statusError(RELAY_CODES.notRegistered), TEXT).startsWith('This relay does not admit you.'))
})
