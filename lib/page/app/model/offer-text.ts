const SCHEME = 'hushwire:'

/** The offer in what somebody pasted or scanned: an offer itself, or a link that has one as its fragment. */
export function offerIn (text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.startsWith(SCHEME)) return trimmed
  const at = trimmed.indexOf(`#${SCHEME}`)
  return at < 0 ? undefined : trimmed.slice(at + 1)
}

/** The offer in the page's own address. It is taken out of it, and out of what goes back and forward, at once. */
export function takeOffer (): string | undefined {
  const offer = offerIn(location.hash)
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search)
  return offer
}

/** A link to this page that answers an offer. */
export function linkOf (offer: string): string {
  return `${location.origin}${location.pathname}#${offer}`
}
