import { parse, stringify, TomlError, type TomlTable } from 'smol-toml'
import * as v from 'valibot'
import { cliError } from '../errors.js'
import { readPrivate, replaceFile } from './private-file.js'

const MAX_BYTES = 65_536

const SCHEMA = v.strictObject({ relay: v.optional(v.string()), name: v.optional(v.string()) })

/** What `profile.toml` says. */
export interface ProfileSettings {
  /** Address of the relay, with its key. */
  readonly relay?: string | undefined
  /** What we call ourselves to those we pair with. */
  readonly name?: string | undefined
}

const HEAD = `# A profile of hushwire. relay: address of the relay, its public key after #. name: what those we pair with are told.
`

/** Reads `profile.toml`; what is not there says nothing. @throws ERR_CLI_CONFIG, ERR_CLI_FILE (as rejections) */
export async function readSettings (path: string): Promise<ProfileSettings> {
  // who can change the relay's key can put another relay in its place
  const bytes = await readPrivate(path, { limit: MAX_BYTES, others: 'read' })
  if (bytes === undefined) return {}
  const read = v.safeParse(SCHEMA, tableOf(bytes, path))
  if (read.success) return read.output
  throw cliError('ERR_CLI_CONFIG', `${path}: ${v.getDotPath(read.issues[0]) ?? ''}: it may have relay and name, both texts`)
}

/** Writes all of them. @throws ERR_CLI_FILE (as rejections) */
export async function writeSettings (path: string, settings: ProfileSettings): Promise<void> {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  await replaceFile(path, `${HEAD}${stringify(given)}\n`)
}

function tableOf (bytes: Uint8Array, path: string): TomlTable {
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const where = error instanceof TomlError ? `${path}:${error.line}:${error.column}` : path
    throw cliError('ERR_CLI_CONFIG', `${where} is no TOML`, error)
  }
}
