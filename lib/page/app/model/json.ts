import { keysUnder, type StoreTransaction, type StoreView } from '../../../store/index.js'

const text = { encoder: new TextEncoder(), decoder: new TextDecoder() }

/** What a record holds as JSON; undefined where there is none, or none that can be read. */
export function getJson (view: StoreView, key: Uint8Array): unknown {
  const bytes = view.get(key)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(text.decoder.decode(bytes))
  } catch {
    // the page wrote it, so it was an older or a newer one
    return undefined
  }
}

export function setJson (transaction: StoreTransaction, key: Uint8Array, value: unknown): void {
  transaction.set(key, text.encoder.encode(JSON.stringify(value)))
}

/** Everything under a prefix, with its keys. */
export function listJson (view: StoreView, prefix: Uint8Array): Array<readonly [key: Uint8Array, value: unknown]> {
  return [...view.keys(keysUnder(prefix))].map(key => [key, getJson(view, key)])
}
