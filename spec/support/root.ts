import { resolve } from 'node:path'

/** The folder of package.json. Compiled, this file is in dist/spec/support. */
export const ROOT = resolve(import.meta.dirname, '../../..')
