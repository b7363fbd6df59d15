import type { Identity } from '../../nova/index.js'
import { pageHandler, type PageHandler } from '../../page/index.js'
import { failureCode } from '../errors.js'
import type { Logger } from './log.js'
import type { Settings } from './settings.js'

/** What serves the page, unless the settings want none. A relay works without the files of it, too. */
export function pageOf (settings: Settings, { publicKey }: Identity, log: Logger): PageHandler | undefined {
  const { path, url } = settings['listen.websocket']
  if (!settings.page.enabled) return undefined
  try {
    // pages find the relay where they come from, unless it is said where it is for all the world
    return pageHandler({ relay: publicKey, url: url === '' ? path : url })
  } catch (error) {
    log.warn({ event: 'page', code: failureCode(error) })
    return undefined
  }
}
