import { zlib } from '../../lib/zlib/index.js'
import { zlib as inJavaScript } from '../../lib/zlib/portable.js'

/** zlib without the thread pool, whose answers come when they come. @returns what takes it back */
export function portable (): () => void {
  const before = { ...zlib }
  Object.assign(zlib, { rawDeflater: inJavaScript.rawDeflater, rawInflater: inJavaScript.rawInflater })
  return () => { Object.assign(zlib, before) }
}
