import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse, stringify, TomlError, type TomlTable } from 'smol-toml'
import * as v from 'valibot'
import { cliError } from '../errors.js'
import { reasonOf } from '../platform-reason.js'
import { nearest } from '../nearest.js'
import { SETTINGS, type Rule, type SomeSettings } from './settings.js'

/** Settings as of one section, as the tables of TypeScript lose them. */
type Section = Readonly<Record<string, { readonly value: unknown, readonly about: string, readonly choices?: readonly string[], readonly rule?: Rule | undefined }>>

const SECTIONS: ReadonlyArray<readonly [name: string, section: Section]> = Object.entries(SETTINGS)
/** Names of files, which a configuration gives as seen from its own folder. */
const PATHS: ReadonlyArray<readonly [section: string, key: string]> = [['', 'identity'], ['tls', 'cert'], ['tls', 'key'], ['store', 'folder']]

function schemaOf (setting: Section[string]): v.GenericSchema {
  const { rule } = setting
  return rule === undefined ? typeOf(setting) : v.pipe(typeOf(setting), v.check(rule.fits, rule.words))
}

function typeOf ({ value, choices }: Section[string]): v.GenericSchema {
  if (choices !== undefined) return v.picklist(choices)
  if (typeof value === 'number') return v.number()
  if (typeof value === 'boolean') return v.boolean()
  return Array.isArray(value) ? v.array(v.string()) : v.string()
}

/** The names of tables within tables: `limits.link` lies in `limits`. */
function schemaUnder (name: string): v.GenericSchema {
  const own = SECTIONS.find(([section]) => section === name)?.[1] ?? {}
  const entries: Record<string, v.GenericSchema> = Object.fromEntries(Object.entries(own).map(([key, about]) => [key, schemaOf(about)]))
  for (const child of childrenOf(name)) entries[child] = schemaUnder(pathOf(name, child))
  return v.strictObject(Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, v.optional(schema)])))
}

function pathOf (name: string, child: string): string { return name === '' ? child : `${name}.${child}` }

function childrenOf (name: string): string[] {
  const prefix = name === '' ? '' : `${name}.`
  const under = SECTIONS.map(([section]) => section).filter(section => section !== name && section.startsWith(prefix))
  return [...new Set(under.map(section => section.slice(prefix.length).split('.')[0] ?? ''))]
}

const SCHEMA = schemaUnder('')

/**
 * Reads a configuration; files are found from its folder.
 *
 * @throws ERR_CLI_CONFIG
 */
export async function readConfig (path: string): Promise<SomeSettings> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw cliError('ERR_CLI_CONFIG', `${path} cannot be read: ${reasonOf(error)}; hushwire relay config prints one to begin with`, error)
  }
  const settings = parseConfig(text, path) as Record<string, Record<string, unknown> | undefined>
  for (const [section, key] of PATHS) {
    const file = settings[section]?.[key]
    if (typeof file === 'string' && file !== '') settings[section] = { ...settings[section], [key]: resolve(dirname(path), file) }
  }
  return settings
}

/** @param where - for people: which file it is @throws ERR_CLI_CONFIG */
export function parseConfig (text: string, where: string): SomeSettings {
  let table: TomlTable
  try {
    table = parse(text)
  } catch (error) {
    const at = error instanceof TomlError ? `line ${error.line}, column ${error.column}: ${error.message.split('\n')[0] ?? ''}` : 'it is no TOML'
    throw cliError('ERR_CLI_CONFIG', `${where}, ${at}`, error)
  }
  const result = v.safeParse(SCHEMA, table)
  if (!result.success) throw cliError('ERR_CLI_CONFIG', `${where}: ${complaint(result.issues[0])}`)
  return Object.fromEntries(SECTIONS.map(([name, section]) => [name, pick(tableAt(table, name), section)]))
}

function tableAt (table: TomlTable, name: string): TomlTable {
  return name === '' ? table : name.split('.').reduce<TomlTable>((inner, part) => (inner[part] ?? {}) as TomlTable, table)
}

function pick (table: TomlTable, section: Section): Record<string, unknown> {
  return Object.fromEntries(Object.keys(section).filter(key => table[key] !== undefined).map(key => [key, table[key]]))
}

function complaint ({ kind, path, expected, received, message }: v.BaseIssue<unknown>): string {
  const keys = (path ?? []).map(({ key }) => String(key))
  const name = keys.join('.')
  if (kind === 'validation') return `${name} must be ${message}, not ${received}`
  if (expected !== 'never') return `${name} must be ${String(expected)}, not ${received}`
  const key = keys.pop() ?? ''
  const parent = keys.join('.')
  const known = [...Object.keys(SECTIONS.find(([section]) => section === parent)?.[1] ?? {}), ...childrenOf(parent)]
  const like = nearest(key, known)
  return `there is no setting ${name}${like === undefined ? '' : `; is it ${pathOf(parent, like)}?`}`
}

/** A whole configuration with every default, each with what it is. */
export function printConfig (): string {
  const lines = ['# relay.toml: every setting of hushwire relay with its default. What is left out has it too.', '# Sizes are bytes, times milliseconds; inf lifts a limit. Files are found from the folder of this one.']
  for (const [name, section] of SECTIONS) {
    lines.push('', ...name === '' ? [] : [`[${name}]`])
    for (const [key, { value, about }] of Object.entries(section)) lines.push(`# ${about}`, stringify({ [key]: value }).trim())
  }
  return `${lines.join('\n')}\n`
}
