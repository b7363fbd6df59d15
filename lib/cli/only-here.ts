/** Whether an address is one that only this machine reaches. */
export function onlyHere (address: string): boolean {
  return /^\w+:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])([:/]|$)/.test(address)
}

/** Whether a page can begin where it is: browsers let it keep nothing, and it needs that, unless it comes by https: or from their own machine. */
export function pageBegins (page: string): boolean {
  return page.startsWith('https:') || onlyHere(page)
}
