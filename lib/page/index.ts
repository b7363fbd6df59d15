/**
 * What serves the page of a relay, in Node: a web page to pair, chat and exchange files, which is a client of its own.
 *
 * @module page
 */
export { PAGE_LIMITS, pageHandler, type PageHandler, type PageOptions } from './handler.js'
export { PAGE_ERRORS } from './errors.js'
