import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable, type Readable } from 'node:stream'
import { wipe } from '../../crypto/index.js'
import { deferred } from '../../stream/index.js'
import { cliError } from '../errors.js'
import { reasonOf } from '../platform-reason.js'
import { checkMode, readAll } from './private-file.js'

const MAX_BYTES = 1024

/** Where a passphrase may come from, beside the terminal. */
export interface PassphraseSources {
  /** `--passphrase-file`: its first line. */
  readonly passphraseFile?: string | undefined
  /** The environment with HUSHWIRE_PASSPHRASE. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What to do where there is neither these nor a terminal, unless it is to give one of these. */
  readonly instead?: string
}

/** A terminal to ask on. */
export interface AskingTerminal {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable
}

/** Where the user is asked. */
function terminal (): AskingTerminal { return { input: process.stdin, output: process.stderr } }

/**
 * A passphrase that exists: of the file, of the environment, or asked for on the terminal without echo.
 *
 * @returns UTF-8, the caller's to wipe
 * @throws ERR_CLI_PASSPHRASE when there is none to be had, ERR_CLI_FILE, ERR_CLI_STOPPED (as rejections)
 */
export async function passphrase (question: string, sources: PassphraseSources, on: AskingTerminal = terminal()): Promise<Uint8Array> {
  const given = await givenPassphrase(sources)
  if (given !== undefined) return given
  return encoded(await ask(question, on, sources))
}

/** A new passphrase, asked for twice where it is asked for. @throws as {@link passphrase}, and ERR_CLI_PASSPHRASE when the two differ (as rejections) */
export async function newPassphrase (question: string, sources: PassphraseSources, on: AskingTerminal = terminal()): Promise<Uint8Array> {
  const given = await givenPassphrase(sources)
  if (given !== undefined) return given
  const first = await ask(question, on, sources)
  // before it is asked for again: one that cannot be used needs no second time
  const secret = encoded(first)
  try {
    if (await ask('The same again: ', on, sources) !== first) throw cliError('ERR_CLI_PASSPHRASE', 'the two are not the same; nothing was changed, so give the command again')
    return secret
  } catch (error) {
    wipe(secret)
    throw error
  }
}

/** What the file or the environment says, if they do. @throws ERR_CLI_PASSPHRASE, ERR_CLI_FILE (as rejections) */
export async function givenPassphrase ({ passphraseFile, env = process.env }: PassphraseSources): Promise<Uint8Array | undefined> {
  if (passphraseFile !== undefined) return encoded(await firstLine(passphraseFile))
  const text = env['HUSHWIRE_PASSPHRASE']
  return text === undefined || text === '' ? undefined : encoded(text)
}

async function firstLine (path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => { throw cliError('ERR_CLI_FILE', `${path} cannot be read: ${reasonOf(error)}`, error) })
  try {
    const about = await file.stat()
    if (about.isDirectory()) throw cliError('ERR_CLI_FILE', `${path} is a folder`)
    // what is no plain file, such as a pipe of the shell, has no readers but this one
    if (about.isFile()) checkMode(path, about.mode, 'nothing')
    const bytes = await readAll(file, path, MAX_BYTES)
    const [line = ''] = textOf(bytes, path).split(/\r?\n/)
    return line
  } finally {
    await file.close()
  }
}

/** Wipes the bytes. @throws ERR_CLI_FILE */
function textOf (bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    // with replacement characters many files would be the same passphrase
    throw cliError('ERR_CLI_FILE', `${path} is no text in UTF-8; head -c 32 /dev/urandom | base64 makes a passphrase`, error)
  } finally {
    wipe(bytes)
  }
}

/** One way to write it, whatever keyboard it was typed on. */
function encoded (text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text.normalize('NFC'))
  if (bytes.byteLength === 0) throw cliError('ERR_CLI_PASSPHRASE', `it is empty; one has 1 to ${MAX_BYTES} bytes`)
  if (bytes.byteLength > MAX_BYTES) throw cliError('ERR_CLI_PASSPHRASE', `it has more than ${MAX_BYTES} bytes; give a shorter one`)
  return bytes
}

/** Asks on the terminal; what is typed is not shown. */
async function ask (question: string, { input, output }: AskingTerminal, { instead = 'set HUSHWIRE_PASSPHRASE or give --passphrase-file FILE' }: PassphraseSources): Promise<string> {
  if (input.isTTY !== true) throw cliError('ERR_CLI_PASSPHRASE', `there is no terminal to ask for it, so ${instead}`)
  const answer = deferred<string>()
  const silent = new Writable({ write: (_bytes, _encoding, done) => { done() } })
  const lines = createInterface({ input, output: silent, terminal: true, historySize: 0 })
  lines.once('line', answer.resolve)
  lines.once('SIGINT', () => { answer.reject(cliError('ERR_CLI_STOPPED', 'SIGINT')) })
  lines.once('close', () => { answer.reject(cliError('ERR_CLI_PASSPHRASE', 'the terminal was closed')) })
  output.write(question)
  try {
    return await answer.promise
  } finally {
    lines.close()
    output.write('\n')
  }
}
