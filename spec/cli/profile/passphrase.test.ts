import test from 'ava'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { newPassphrase, passphrase } from '../../../lib/cli/profile/passphrase.js'
import { codeOf } from '../../support/sources.js'
import { cleanUp, temporaryFolder } from '../support.js'

const folder = temporaryFolder()
test.after.always(cleanUp)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const NOWHERE = { env: {} }

/** A terminal that is typed on; each question is answered by the next of the answers. */
function terminal (...answers: string[]): { input: PassThrough & { isTTY: boolean }, output: Writable, shown: () => string } {
  let shown = ''
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
  const output = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      shown += bytes.toString()
      if (bytes.toString().endsWith(': ')) input.write(answers.shift() ?? '')
      done()
    }
  })
  return { input, output, shown: () => shown }
}

test('a passphrase is the first line of a file, or in the environment', async t => {
  const path = join(folder, 'secret')
  await writeFile(path, 'from a file\nand more\n', { mode: 0o600 })
  t.is(text(await passphrase('?', { passphraseFile: path, env: { HUSHWIRE_PASSPHRASE: 'other' } })), 'from a file')
  t.is(text(await newPassphrase('?', { env: { HUSHWIRE_PASSPHRASE: 'in the environment' } })), 'in the environment')
  await chmod(path, 0o644)
  await t.throwsAsync(passphrase('?', { passphraseFile: path }), { code: 'ERR_CLI_FILE', message: /chmod 600/ })
  t.is(await codeOf(passphrase('?', { passphraseFile: join(folder, 'none') })), 'ERR_CLI_FILE')
  t.is(await codeOf(passphrase('?', { passphraseFile: folder })), 'ERR_CLI_FILE')
  // as one of replacement characters it would be the passphrase of many files
  await writeFile(join(folder, 'binary'), Uint8Array.of(255, 254, 1, 97), { mode: 0o600 })
  await t.throwsAsync(passphrase('?', { passphraseFile: join(folder, 'binary') }), { code: 'ERR_CLI_FILE', message: /UTF-8.*base64/ })
  await writeFile(join(folder, 'empty'), '\n', { mode: 0o600 })
  t.is(await codeOf(passphrase('?', { passphraseFile: join(folder, 'empty') })), 'ERR_CLI_PASSPHRASE')
  await writeFile(join(folder, 'long'), 'x'.repeat(2000), { mode: 0o600 })
  t.is(await codeOf(passphrase('?', { passphraseFile: join(folder, 'long') })), 'ERR_CLI_FILE')
  t.is(await codeOf(passphrase('?', { env: { HUSHWIRE_PASSPHRASE: 'é'.repeat(600) } })), 'ERR_CLI_PASSPHRASE')
})

test('it is one, however its letters are put together', async t => {
  t.deepEqual(await passphrase('?', { env: { HUSHWIRE_PASSPHRASE: 'gru\u0308n' } }), await passphrase('?', { env: { HUSHWIRE_PASSPHRASE: 'gr\u00fcn' } }))
})

test('it is asked for on the terminal, and not shown', async t => {
  const once = terminal('tellno\u007f one\r')
  t.is(text(await passphrase('Passphrase: ', NOWHERE, once)), 'telln one')
  t.is(once.shown(), 'Passphrase: \n')
  const twice = terminal('a new one\r', 'a new one\r')
  t.is(text(await newPassphrase('A new one: ', NOWHERE, twice)), 'a new one')
  await t.throwsAsync(newPassphrase('A new one: ', NOWHERE, terminal('one\r', 'other\r')), { code: 'ERR_CLI_PASSPHRASE', message: /not the same; nothing was changed, so give the command again$/ })
  // an empty one is no better the second time
  const empty = terminal('\r', '\r')
  await t.throwsAsync(newPassphrase('A new one: ', NOWHERE, empty), { code: 'ERR_CLI_PASSPHRASE', message: /it is empty/ })
  t.is(empty.shown(), 'A new one: \n')
  t.is(await codeOf(passphrase('Passphrase: ', NOWHERE, terminal('half\u0003'))), 'ERR_CLI_STOPPED')
  t.is(await codeOf(passphrase('Passphrase: ', NOWHERE, terminal('\u0004'))), 'ERR_CLI_PASSPHRASE')
  t.is(await codeOf(passphrase('Passphrase: ', NOWHERE, terminal('\r'))), 'ERR_CLI_PASSPHRASE')
})

test('where nobody can be asked, that is said', async t => {
  const pipe = { input: new PassThrough(), output: new PassThrough() }
  await t.throwsAsync(passphrase('Passphrase: ', NOWHERE, pipe), { code: 'ERR_CLI_PASSPHRASE', message: /no terminal to ask/ })
})
