import { amountOf, durationOf } from '../../../files/index.js'
import type { FilesEntry, TextEntry } from '../model/entry.js'
import type { Going } from '../model/transfer-state.js'
import { countOf, plainName } from '../model/words.js'
import { button, h, icon, ICONS } from './dom.js'

/** What can be done with an entry. */
export interface EntryActions {
  again(entry: TextEntry): void
  answer(entry: FilesEntry, yes: boolean): void
  stop(entry: FilesEntry): void
  save(entry: FilesEntry): void
  remove(entry: FilesEntry): void
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

/** A time that somebody else's clock has said may be none. */
export function dayOf (time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : DAY.format(date)
}

function timeElement (time: number): HTMLTimeElement {
  const date = new Date(time)
  const valid = !Number.isNaN(date.getTime())
  return h('time', { datetime: valid ? date.toISOString() : undefined }, valid ? TIME.format(date) : '')
}

const MARKS = { waiting: 'Sending…', sent: 'Sent', seen: 'Seen', failed: 'Not sent', unread: '', read: '' } as const

export function textElement (entry: TextEntry, name: string, actions: EntryActions): HTMLLIElement {
  const mark = MARKS[entry.state]
  return h('li', { class: entry.mine ? 'entry mine' : 'entry', 'data-state': entry.state, 'data-id': entry.id },
    h('span', { class: 'unseen' }, entry.mine ? 'You: ' : `${name}: `),
    h('p', { class: 'bubble', dir: 'auto' }, entry.text),
    h('p', { class: 'about' }, timeElement(entry.time), mark === '' ? undefined : h('span', { class: 'mark' }, ` · ${mark}`),
      entry.state === 'failed' ? button('Try again', () => { actions.again(entry) }, { class: 'link' }) : undefined),
    entry.trouble === undefined ? undefined : h('p', { class: 'about' }, entry.trouble))
}

export function filesElement (entry: FilesEntry, name: string, going: Going | undefined, actions: EntryActions): HTMLLIElement {
  const title = entry.count === 1 ? plainName(entry.names[0] ?? '', 120) : countOf(entry.count, 'file')
  const others = entry.count === 1 ? undefined : h('p', { class: 'file-names' }, h('bdi', {}, namesOf(entry)))
  return h('li', { class: entry.mine ? 'entry mine' : 'entry', 'data-state': entry.state, 'data-id': entry.id },
    h('span', { class: 'unseen' }, entry.mine ? 'You: ' : `${name}: `),
    h('div', { class: 'bubble file', role: 'group', 'aria-label': `${title}, ${amountOf(entry.bytes)}` },
      h('p', { class: 'file-name' }, icon(ICONS.file), h('bdi', {}, title), h('span', { class: 'file-size' }, amountOf(entry.bytes))),
      others,
      isGoing(entry) ? progressElement(entry, title, going) : undefined,
      h('p', { class: 'file-state' }, stateOf(entry, name)),
      entry.trouble === undefined ? undefined : h('p', { class: 'file-trouble' }, entry.trouble),
      h('div', { class: 'actions' }, ...actionsOf(entry, title, actions))),
    h('p', { class: 'about' }, timeElement(entry.time)))
}

function namesOf ({ names, count }: FilesEntry): string {
  const shown = names.slice(0, 4).map(each => plainName(each, 40)).join(', ')
  return count > 4 ? `${shown} and ${count - 4} more` : shown
}

function isGoing ({ state, mine }: FilesEntry): boolean {
  return state === 'going' || state === 'asking' && mine
}

function progressElement (entry: FilesEntry, title: string, going: Going | undefined): HTMLElement {
  const bar = h('progress', { max: Math.max(1, going?.size ?? entry.bytes), value: going?.bytes ?? 0, 'aria-label': `How far ${title} is` })
  return h('div', { class: 'going' }, bar, h('p', { class: 'going-words' }, progressWords(entry, going)))
}

/** Changes what moves, and nothing else, so that focus and readers are left alone. */
export function updateProgress (element: HTMLElement, entry: FilesEntry, going: Going | undefined): void {
  const bar = element.querySelector('progress')
  const words = element.querySelector('.going-words')
  if (bar === null || words === null) return
  bar.max = Math.max(1, going?.size ?? entry.bytes)
  bar.value = going?.bytes ?? 0
  words.textContent = progressWords(entry, going)
}

function progressWords (entry: FilesEntry, going: Going | undefined): string {
  if (going === undefined) return 'Waiting…'
  const share = `${Math.floor(100 * going.bytes / Math.max(1, going.size))} %`
  if (going.waiting !== undefined) return going.bytes === 0 ? going.waiting : `${share} · ${going.waiting}`
  const rate = going.rate === undefined ? '' : ` · ${amountOf(Math.round(going.rate))}/s`
  const left = going.left === undefined ? '' : ` · ${durationOf(going.left)} left`
  return `${share} of ${amountOf(entry.bytes)}${rate}${left}`
}

function stateOf ({ state, mine }: FilesEntry, name: string): string {
  switch (state) {
    case 'asking': return mine ? '' : `${name} wants to send you this.`
    case 'going': return ''
    case 'done': return mine ? 'Arrived, and checked.' : 'Here, and checked.'
    case 'saved': return 'Saved.'
    case 'declined': return mine ? `${name} does not want it.` : 'Refused.'
    case 'failed': return mine ? 'Not sent.' : 'Not received.'
  }
}

function actionsOf (entry: FilesEntry, title: string, actions: EntryActions): HTMLButtonElement[] {
  const { state, mine } = entry
  const act = (label: string, does: () => void, kind = ''): HTMLButtonElement => button(label, does, { class: kind, 'aria-label': `${label} ${title}` })
  if (state === 'asking' && !mine) return [act('Accept', () => { actions.answer(entry, true) }, 'primary'), act('Refuse', () => { actions.answer(entry, false) })]
  if (isGoing(entry)) return [act('Cancel', () => { actions.stop(entry) })]
  if (mine || state === 'declined' || state === 'failed') return []
  return [act(state === 'saved' ? 'Save again' : 'Save', () => { actions.save(entry) }, state === 'saved' ? '' : 'primary'), act('Remove', () => { actions.remove(entry) })]
}
