/** A turn of the event loop, as of node:timers/promises; the bundler puts it in its place. */
export function setImmediate (): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, 0) })
}
