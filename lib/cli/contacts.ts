import { Command } from 'commander'
import { formatUuid } from '../bytes/index.js'
import { openContacts, voiceGroups, type Contacts } from '../relay/index.js'
import { unreadTexts, unsentTexts, type TextRecords } from './chat/records.js'
import { action, profileOptions, type ClientFlags } from './client-options.js'
import { Names } from './names.js'
import { loadProfile } from './profile/profile.js'
import { withStore } from './session.js'
import type { Output } from './terminal/output.js'

const HELP = `
  hushwire contacts
  hushwire contacts rename 3f2a alice
  hushwire contacts forget alice       # nothing of theirs is taken any more, until both pair again`

/** `hushwire contacts`: those who are known. */
export function contactsCommand (): Command {
  const command = profileOptions(new Command('contacts').description('List those who are known, name and forget them.'))
    .option('--names', 'only what they are called here')
    .addHelpText('after', HELP)
    .action(action(list))
  command.addCommand(profileOptions(new Command('rename').description('Give somebody another name.').argument('<peer>', 'name, id, or the beginning of an id').argument('<name>')).action(action(rename)))
  command.addCommand(profileOptions(new Command('forget').description('Trust somebody no more.').argument('<peer>', 'name, id, or the beginning of an id')).action(action(forget)))
  return command
}

interface Book {
  readonly contacts: Contacts
  readonly names: Names
  readonly unread: TextRecords
  readonly unsent: TextRecords
}

async function withBook (flags: ClientFlags, output: Output, command: string, work: (book: Book) => Promise<void>): Promise<void> {
  const { folders } = await loadProfile(flags.profile)
  await withStore(folders, { output, command }, async store => {
    const contacts = await openContacts(store)
    await work({ contacts, names: await Names.load(store, contacts), unread: await unreadTexts(store), unsent: await unsentTexts(store) })
  })
}

function list (flags: ClientFlags & { names?: true }, _args: readonly string[], output: Output, command: string): Promise<void> {
  return withBook(flags, output, command, async ({ names, unread, unsent }) => {
    const all = names.list()
    if (flags.names === true && !output.json) {
      for (const { name } of all) output.line(name)
      return
    }
    if (all.length === 0) output.note(`nobody is known yet: ${output.situation.own('pair')}`)
    const width = Math.max(0, ...all.map(({ name }) => name.length))
    for (const { id, name, publicKey } of all) {
      const about = { id: formatUuid(id), name, fingerprint: voiceGroups(publicKey), unread: unread.count(id), unsent: unsent.count(id) }
      output.event('contact', about)
      const waiting = [about.unread > 0 ? `${about.unread} unread` : '', about.unsent > 0 ? `${about.unsent} not sent yet` : ''].filter(Boolean).join(', ')
      output.line([output.paint('bold', name.padEnd(width)), about.id, about.fingerprint, waiting].join('  ').trimEnd())
    }
  })
}

function rename (flags: ClientFlags, [peer = '', name = '']: readonly string[], output: Output, command: string): Promise<void> {
  return withBook(flags, output, command, async ({ names }) => {
    const { id } = names.resolve(peer)
    const now = await names.set(id, name)
    output.event('renamed', { id: formatUuid(id), name: now })
    output.line(`${formatUuid(id)} is ${now} now`)
  })
}

function forget (flags: ClientFlags, [peer = '']: readonly string[], output: Output, command: string): Promise<void> {
  return withBook(flags, output, command, async ({ contacts, names, unread, unsent }) => {
    const { id, name } = names.resolve(peer)
    for (const records of [unread, unsent]) for (const text of await records.of(id)) await records.delete({ peer: id, text })
    await names.forget(id)
    await contacts.forget(id)
    output.event('forgotten', { id: formatUuid(id), name })
    output.line(`${name} is forgotten; messages that waited with them too`)
  })
}
