type Listener = (reason: unknown) => void

const listeners = new Map<Listener, (event: PromiseRejectionEvent) => void>()

/** The part of Node's process that counts what is left behind, for browsers. */
export const process = {
  getActiveResourcesInfo: (): string[] => [],
  on (_name: 'unhandledRejection', listener: Listener): void {
    const note = (event: PromiseRejectionEvent): void => { listener(event.reason) }
    listeners.set(listener, note)
    addEventListener('unhandledrejection', note)
  },
  off (_name: 'unhandledRejection', listener: Listener): void {
    const note = listeners.get(listener)
    if (note !== undefined) removeEventListener('unhandledrejection', note)
    listeners.delete(listener)
  }
}
