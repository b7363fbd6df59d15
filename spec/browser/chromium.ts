import { accessSync, constants } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable']

/** Switches for a machine without a screen, and against whatever a browser asks the network for by itself. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'
]

/** The browser of `CHROMIUM_PATH`, which stands alone when it is set, else one of the usual places. */
export function chromiumPath (): string | undefined {
  const chosen = process.env['CHROMIUM_PATH'] ?? ''
  return (chosen === '' ? PLACES : [chosen]).find(executable)
}

function executable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
