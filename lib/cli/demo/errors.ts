import { errorsOf, type ErrorTable } from '../../stream/index.js'

/** The codes of the demonstration itself. */
export const DEMO_ERRORS = {
  ERR_DEMO_FILE: { origin: 'local', fatal: true, sentence: 'the file cannot be read' },
  ERR_DEMO_GENERATED: { origin: 'local', fatal: true, sentence: 'the file to send cannot be made' },
  ERR_DEMO_PROCESS: { origin: 'local', fatal: true, sentence: 'a process of the demonstration ended before its work was done' },
  ERR_DEMO_PARENT: { origin: 'local', fatal: true, sentence: 'the process that started the demonstration is gone' },
  ERR_DEMO_TIMEOUT: { origin: 'local', fatal: true, sentence: 'the demonstration did not end in time' },
  ERR_DEMO_STOPPED: { origin: 'local', fatal: true, sentence: 'the demonstration was stopped' },
  ERR_DEMO_DIFFERENT: { origin: 'remote', fatal: true, sentence: 'what arrived is not what was sent' },
  ERR_DEMO_LEFT: { origin: 'remote', fatal: true, sentence: 'the other side left before the work was done' },
  ERR_DEMO_UNEXPECTED: { origin: 'local', fatal: true, sentence: 'an error without a code' }
} as const satisfies ErrorTable

/** Makes an error of {@link DEMO_ERRORS}. */
export const demoError = errorsOf('demo', DEMO_ERRORS)
