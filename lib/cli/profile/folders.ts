import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import { cliError } from '../errors.js'

/** The profile that is used when none is named. */
const DEFAULT_PROFILE = 'default'
/** A name is part of paths, so it is made of what every file system takes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
/** What Windows keeps for its devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** Where the files of a profile are. */
export interface ProfileFolders {
  readonly name: string
  /** Folder of the two files that follow. */
  readonly config: string
  /** The private keys. */
  readonly identity: string
  /** Relay and own name, `profile.toml`. */
  readonly settings: string
  /** Folder of what follows. */
  readonly data: string
  /** Folder of the store. */
  readonly store: string
  /** Who has the store open. */
  readonly holder: string
}

/** What decides where they are. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
}

/**
 * Where a profile's files are: under `$XDG_CONFIG_HOME/hushwire` and `$XDG_DATA_HOME/hushwire`, by default `~/.config` and
 * `~/.local/share`, on Windows `%APPDATA%` and `%LOCALAPPDATA%`.
 *
 * @param name - of `--profile`; else HUSHWIRE_PROFILE, else `default`
 * @throws ERR_CLI_OPTION when it is no name
 */
export function profileFolders (name?: string, { env, platform, home }: Surroundings = { env: process.env, platform: process.platform, home: homedir() }): ProfileFolders {
  const chosen = name ?? (env['HUSHWIRE_PROFILE'] === undefined || env['HUSHWIRE_PROFILE'] === '' ? DEFAULT_PROFILE : env['HUSHWIRE_PROFILE'])
  if (!NAME.test(chosen) || DEVICE.test(chosen)) throw cliError('ERR_CLI_OPTION', 'the name of a profile has 1 to 64 letters, digits, _ and -, and begins with a letter or a digit')
  const path = platform === 'win32' ? win32 : posix
  // the specification has relative paths ignored
  const base = (variable: string, windows: string, ...otherwise: readonly string[]): string => {
    const given = [env[variable], platform === 'win32' ? env[windows] : undefined].find(one => one !== undefined && path.isAbsolute(one))
    return given ?? path.join(home, ...otherwise)
  }
  const config = path.join(base('XDG_CONFIG_HOME', 'APPDATA', '.config'), 'hushwire', chosen)
  const data = path.join(base('XDG_DATA_HOME', 'LOCALAPPDATA', '.local', 'share'), 'hushwire', chosen)
  return { name: chosen, config, identity: path.join(config, 'identity'), settings: path.join(config, 'profile.toml'), data, store: path.join(data, 'store'), holder: path.join(data, 'holder') }
}
