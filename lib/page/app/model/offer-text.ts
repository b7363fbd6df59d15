import { offerIn } from '../../../relay/index.js'

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
