import { setImmediate as turn } from 'node:timers/promises'

/** What a task left behind. */
export interface Leaks {
  /** Rejections that nobody held. */
  readonly rejections: unknown[]
  /** Sockets, servers and timers that are active after it and were not before, by kind. */
  readonly handles: Record<string, number>
}

/** Kinds of resources that belong to the runner or come and go by themselves. */
const IGNORED: ReadonlySet<string> = new Set(['Immediate', 'TickObject', 'Microtask', 'FSReqPromise', 'FSReqCallback', 'PipeWrap', 'TTYWrap', 'MessagePort', 'CloseReq'])

/** Turns of the event loop that closing handles get. */
const TURNS = 200

/**
 * Runs a task and tells what it left behind. Handles get some turns of the loop to go, no time: what is closed goes by itself.
 *
 * @example
 * ```ts
 * t.deepEqual(await leaksOf(async () => { await useSockets() }), { rejections: [], handles: {} })
 * ```
 */
export async function leaksOf (task: () => Promise<void>): Promise<Leaks> {
  const rejections: unknown[] = []
  const note = (reason: unknown): void => { rejections.push(reason) }
  const before = activeHandles()
  process.on('unhandledRejection', note)
  try {
    await task()
    let handles = added(before)
    for (let i = 0; i < TURNS && Object.keys(handles).length > 0; i++) {
      await turn()
      handles = added(before)
    }
    // a rejection is reported after the microtasks of its turn
    await turn()
    return { rejections, handles }
  } finally {
    process.off('unhandledRejection', note)
  }
}

/** Active resources by kind. */
export function activeHandles (): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!IGNORED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

function added (before: Map<string, number>): Record<string, number> {
  const more: Record<string, number> = {}
  for (const [kind, count] of activeHandles()) {
    const extra = count - (before.get(kind) ?? 0)
    if (extra > 0) more[kind] = extra
  }
  return more
}
