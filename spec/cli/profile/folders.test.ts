import test from 'ava'
import { profileFolders } from '../../../lib/cli/profile/folders.js'

const at = (env: Record<string, string>, platform: NodeJS.Platform = 'linux') => ({ env, platform, home: platform === 'win32' ? 'C:\\Users\\me' : '/home/me' })

test('files are where the platform has them', t => {
  const plain = profileFolders(undefined, at({}))
  t.is(plain.name, 'default')
  t.is(plain.identity, '/home/me/.config/hushwire/default/identity')
  t.is(plain.settings, '/home/me/.config/hushwire/default/profile.toml')
  t.is(plain.store, '/home/me/.local/share/hushwire/default/store')
  t.is(profileFolders('work', at({ XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' })).config, '/c/hushwire/work')
  t.is(profileFolders('work', at({ XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' })).data, '/d/hushwire/work')
  t.is(profileFolders(undefined, at({}, 'darwin')).data, '/home/me/.local/share/hushwire/default')
  const windows = profileFolders(undefined, at({ APPDATA: 'C:\\Users\\me\\AppData\\Roaming', LOCALAPPDATA: 'C:\\Users\\me\\AppData\\Local' }, 'win32'))
  t.is(windows.config, 'C:\\Users\\me\\AppData\\Roaming\\hushwire\\default')
  t.is(windows.data, 'C:\\Users\\me\\AppData\\Local\\hushwire\\default')
})

test('relative paths are passed over, as the specification has it', t => {
  t.is(profileFolders(undefined, at({ XDG_CONFIG_HOME: 'c', XDG_DATA_HOME: '' })).config, '/home/me/.config/hushwire/default')
})

test('a name comes from the flag, else from the environment, and is no path', t => {
  t.is(profileFolders(undefined, at({ HUSHWIRE_PROFILE: 'laptop' })).name, 'laptop')
  t.is(profileFolders('phone', at({ HUSHWIRE_PROFILE: 'laptop' })).name, 'phone')
  t.is(profileFolders(undefined, at({ HUSHWIRE_PROFILE: '' })).name, 'default')
  for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', '-x', 'x'.repeat(65), 'nul', 'COM1', 'ü', 'a b']) t.throws(() => profileFolders(name, at({})), { code: 'ERR_CLI_OPTION' }, name)
})
