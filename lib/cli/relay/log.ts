import { destination, pino, type DestinationStream, type Logger } from 'pino'
import { formatUuid, type Uuid } from '../../bytes/index.js'
import { RELAY_CODES } from '../../nova/index.js'
import type { RelayEvent } from '../../relay/server/index.js'
import type { StoreReport } from '../../store/index.js'
import { failureCode } from '../errors.js'

export type { Logger } from 'pino'

const CODE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(Object.entries(RELAY_CODES).map(([name, code]) => [code, name]))
/** What happens all the time, or by others' doing. */
const DEBUG: ReadonlySet<RelayEvent['type']> = new Set(['forwarded', 'answered', 'broken-off', 'stopped', 'mail-stored', 'mail-duplicate', 'mail-delivered', 'mail-taken', 'undelivered'])
const WARN: ReadonlySet<RelayEvent['type']> = new Set(['refused', 'slow-consumer', 'silent'])

const IDS = ['id', 'sender', 'recipient'] as const
const PLAIN = ['address', 'bytes', 'messages', 'operation', 'unfinished'] as const

/** One JSON object a line, on stderr unless it is said where. */
export function relayLog (level: string, to: DestinationStream = destination({ dest: 2, sync: true })): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label => ({ level: label }) } }, to)
}

/** Tells an event. Fields are named one by one, so that nothing gets into a log that was not meant to. */
export function logEvent (log: Logger, event: RelayEvent): void {
  const level = event.type === 'failed' ? 'error' : WARN.has(event.type) ? 'warn' : DEBUG.has(event.type) ? 'debug' : 'info'
  if (log.isLevelEnabled(level)) log[level](fieldsOf(event))
}

/** Tells that a connection could not be taken, with the code of the platform. */
export function logListener (log: Logger, error: Error, remote: { readonly host: string } | undefined): void {
  log.warn({ event: 'listener', code: failureCode(error), cause: error.cause === undefined ? undefined : failureCode(error.cause), address: remote?.host })
}

/** Tells of damage. The record's own key and bytes stay out. */
export function logReport (log: Logger, report: StoreReport): void {
  const { type } = report
  if (type === 'file-damaged') log.error({ event: type, kept: report.kept, detail: report.detail, records: report.records })
  else if (type === 'commits-lost') log.error({ event: type, kept: report.kept, commits: report.commits })
  else log.error({ event: type })
}

function fieldsOf (event: RelayEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = { event: event.type }
  const given: { readonly type: string } & Partial<Record<(typeof IDS)[number], Uuid> & Record<(typeof PLAIN)[number], unknown>> = event
  for (const key of IDS) if (given[key] !== undefined) fields[key] = formatUuid(given[key])
  for (const key of PLAIN) if (given[key] !== undefined) fields[key] = given[key]
  if ('header' in event) Object.assign(fields, { source: formatUuid(event.header.source), target: formatUuid(event.header.target), kind: event.header.kind.toString() })
  if ('code' in event) fields['code'] = typeof event.code === 'number' ? CODE_NAMES[event.code] ?? event.code : event.code
  if ('error' in event && event.error !== undefined) fields['error'] = failureCode(event.error)
  return fields
}
