import { button, h } from './dom.js'

/** The whole page is one message: nothing else can be done. */
export function showNotice (place: HTMLElement, title: string, text: string, actions: ReadonlyArray<readonly [label: string, onClick: () => void]> = []): void {
  place.replaceChildren(h('main', { class: 'notice' },
    h('h1', { tabindex: -1 }, title),
    h('p', { role: 'alert' }, text),
    h('div', { class: 'actions' }, ...actions.map(([label, onClick]) => button(label, onClick)))
  ))
  place.querySelector('h1')?.focus()
}
