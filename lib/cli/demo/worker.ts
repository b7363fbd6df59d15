import { messageOf } from '../errors.js'
import { demoCode } from './failure.js'
import { demoError } from './errors.js'
import type { Order, Report } from './orders.js'

/** What a process of the demonstration does. */
export interface Work {
  /** Does what it is told. What it throws fails the process. */
  obey(order: Exclude<Order, { type: 'stop' }>): Promise<void>
  /** Lets go of everything, so that the process can end by itself. */
  release(error: Error | undefined): Promise<void>
}

/** What a work sees of its process. */
export interface Desk {
  report(report: Report): void
  /** Fails the process: reports the error, releases the work, and ends with exit code 1. Only the first counts. */
  fail(error: unknown): void
  /** The work is done: releases it and ends. */
  end(): void
}

/**
 * Runs a work in a forked process until it has ended or failed. The process is never made to exit: it ends when nothing
 * is left open.
 */
export function runWorker (begin: (desk: Desk) => Work): void {
  let over = false
  const report = (message: Report): void => { if (process.connected) process.send?.(message, () => {}) }
  const finish = (error: Error | undefined): void => {
    over = true
    const leave = (): void => { if (process.connected) process.disconnect() }
    work.release(error).then(leave, leave)
  }
  const desk: Desk = {
    report,
    fail: error => {
      if (over) return
      process.exitCode = 1
      report({ type: 'failed', code: demoCode(error), message: messageOf(error) })
      finish(error instanceof Error ? error : demoError('ERR_DEMO_UNEXPECTED', undefined, error))
    },
    end: () => { if (!over) finish(undefined) }
  }
  const work = begin(desk)
  process.on('unhandledRejection', error => { desk.fail(demoError('ERR_DEMO_UNEXPECTED', 'a rejection that nobody handled', error)) })
  process.on('disconnect', () => { desk.fail(demoError('ERR_DEMO_PARENT')) })
  // ended by the starting process, which gets the signal of the terminal as well
  process.on('SIGINT', () => {})
  process.on('message', (order: Order) => {
    if (over) return
    if (order.type === 'stop') desk.fail(demoError(order.code))
    else work.obey(order).catch((error: unknown) => { desk.fail(error) })
  })
  report({ type: 'started' })
}
