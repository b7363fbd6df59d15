/** Lets the command that was compiled be run. */
import { ROOT } from '../support/root.js'
import { makeExecutable } from './executables.js'

makeExecutable(ROOT)
