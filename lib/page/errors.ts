import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes of what serves the page. */
export const PAGE_ERRORS = {
  ERR_PAGE_MISSING: { origin: 'local', fatal: true, sentence: 'the files of the page are not there: install the package again, or run `npm run build` in a clone' }
} as const satisfies ErrorTable

/** Makes an error of {@link PAGE_ERRORS}. */
export const pageError = errorsOf('page', PAGE_ERRORS)
