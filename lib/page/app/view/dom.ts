type Child = Node | string | undefined

/** What an element is made with: attributes by name, and listeners by `on` and the name of their event. */
export type Props = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>

/** An element. Texts become text, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap> (tag: Tag, props: Props = {}, ...children: readonly Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as (event: Event) => void)
    else if (typeof value === 'boolean') element.toggleAttribute(name, value)
    else if (value !== undefined) element.setAttribute(name, String(value))
  }
  element.append(...children.filter(child => child !== undefined))
  return element
}

const SVG = 'http://www.w3.org/2000/svg'

/** A small picture beside words, of one path in a field of 24 by 24. It says nothing by itself. */
export function icon (path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  const line = document.createElementNS(SVG, 'path')
  line.setAttribute('d', path)
  svg.append(line)
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('class', 'icon')
  return svg
}

/** The pictures there are. */
export const ICONS = {
  add: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  more: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.6v.1',
  clip: 'M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.6-7.5',
  send: 'M5 12h13M12 5l7 7-7 7',
  close: 'M6 6l12 12M18 6L6 18',
  file: 'M7 3h7l5 5v13H7zM14 3v5h5',
  settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z'
} as const

/** A button of words, or of a picture with a name. */
export function button (label: string, onClick: () => void, props: Props & { readonly icon?: keyof typeof ICONS } = {}): HTMLButtonElement {
  const { icon: name, ...rest } = props
  if (name === undefined) return h('button', { type: 'button', onclick: onClick, ...rest }, label)
  return h('button', { type: 'button', onclick: onClick, 'aria-label': label, title: label, ...rest, class: `bare ${String(rest['class'] ?? '')}`.trim() }, icon(ICONS[name]))
}

let ids = 0

/** A field with its label. */
export function field (label: string, input: HTMLInputElement | HTMLTextAreaElement, hint?: string): HTMLDivElement {
  input.id = `field-${++ids}`
  if (hint !== undefined) input.setAttribute('aria-describedby', `${input.id}-hint`)
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input, hint === undefined ? undefined : h('p', { id: `${input.id}-hint`, class: 'hint' }, hint))
}

/** A place for what has gone wrong, which is read out when it is filled. */
export function trouble (): { readonly element: HTMLParagraphElement, show(text: string): void } {
  const element = h('p', { class: 'trouble', role: 'alert' })
  element.hidden = true
  return {
    element,
    show: text => {
      element.hidden = text === ''
      element.textContent = text
    }
  }
}

/** Says something to who does not see the page; nothing takes back what was said. */
export function announce (text: string): void {
  for (const place of Array.from(document.querySelectorAll('.announcer'))) place.replaceChildren()
  // what is beside an open dialog is not read out
  const place = document.querySelector('dialog[open] .announcer') ?? document.getElementById('announcer')
  // a node of its own: the same words again are said again
  if (text !== '') place?.replaceChildren(h('span', {}, text))
}

/** A dialog that is there until it is closed. */
export function openDialog (title: string, content: readonly Node[], onClose?: () => void): HTMLDialogElement {
  const heading = h('h2', { id: `dialog-${++ids}` }, title)
  const dialog = h('dialog', { 'aria-labelledby': heading.id }, h('div', { class: 'dialog-head' }, heading, button('Close', () => { dialog.close() }, { icon: 'close' })), ...content,
    h('div', { class: 'announcer unseen', role: 'status', 'aria-live': 'polite' }))
  // where the focus was before, the browser puts it back
  dialog.addEventListener('close', () => {
    dialog.remove()
    onClose?.()
  })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}
