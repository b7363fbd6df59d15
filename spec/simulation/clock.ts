/** Timers as the code under test gets them. */
class VirtualTimer {
  readonly #clock: VirtualClock
  readonly task: () => void
  readonly every: number | undefined
  due: number
  readonly order: number

  constructor (clock: VirtualClock, task: () => void, due: number, every: number | undefined, order: number) {
    this.#clock = clock
    this.task = task
    this.due = due
    this.every = every
    this.order = order
  }

  ref (): this { return this }
  unref (): this { return this }
  hasRef (): boolean { return true }
  close (): void { this.#clock.clear(this) }
  [Symbol.dispose] (): void { this.close() }
}

/** A second that a run begins at: 2026-01-01. */
const EPOCH = 1_767_225_600_000
/** Turns of the real loop that pass before a run in which nothing is due is said to be stuck. */
const PATIENCE = 100

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  dateNow: Date.now,
  random: Math.random
}

/** A turn of the real event loop: all microtasks are done when it is over. */
function turn (): Promise<void> {
  return new Promise(resolve => { real.setImmediate(resolve) })
}

/**
 * Takes the place of timers, clocks and `Math.random` of the process: time passes only when nothing is left to do, and then jumps to the
 * next timer. So minutes of waiting take no time, and what happens is decided by the seed alone.
 */
export class VirtualClock {
  /** Milliseconds since it began. */
  now = 0
  /** By how much the wall clock is wrong. */
  wrong = 0
  readonly #random: () => number
  readonly #timers = new Set<VirtualTimer>()
  #count = 0
  #immediates = 0

  constructor (random: () => number) {
    this.#random = random
  }

  /** Timers that are set. */
  get timers (): number { return this.#timers.size }

  /** Where the timers that are set were set to go off, in milliseconds from now. */
  get waits (): number[] { return [...this.#timers].map(({ due }) => due - this.now) }

  install (): void {
    const set = (task: (...args: unknown[]) => void, delay: number | undefined, args: unknown[], repeat: boolean): VirtualTimer => {
      const wait = Math.max(1, (delay ?? 1) || 1)
      const timer = new VirtualTimer(this, () => { task(...args) }, this.now + wait, repeat ? wait : undefined, this.#count++)
      this.#timers.add(timer)
      return timer
    }
    const clear = (timer: unknown): void => { if (timer instanceof VirtualTimer) this.clear(timer) }
    Object.assign(globalThis, {
      setTimeout: (task: () => void, delay?: number, ...args: unknown[]) => set(task, delay, args, false),
      setInterval: (task: () => void, delay?: number, ...args: unknown[]) => set(task, delay, args, true),
      clearTimeout: clear,
      clearInterval: clear,
      setImmediate: (task: (...args: unknown[]) => void, ...args: unknown[]) => {
        this.#immediates++
        return real.setImmediate(() => {
          this.#immediates--
          task(...args)
        })
      }
    })
    performance.now = () => this.now
    Date.now = () => EPOCH + Math.floor(this.now) + this.wrong
    Math.random = this.#random
  }

  uninstall (): void {
    const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = real
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate })
    Reflect.deleteProperty(performance, 'now')
    Date.now = real.dateNow
    Math.random = real.random
  }

  clear (timer: VirtualTimer): void { this.#timers.delete(timer) }

  sleep (milliseconds: number): Promise<void> {
    return new Promise(resolve => { setTimeout(resolve, milliseconds) })
  }

  /** Lets time pass until a task has settled. @throws what it does, and an error when nothing is left that could settle it */
  async drive<T> (task: Promise<T>): Promise<T> {
    let settled = false
    const note = (): void => { settled = true }
    task.then(note, note)
    for (let idle = 0; !settled;) {
      await turn()
      if (this.#immediates > 0 || settled) continue
      if (this.#advance()) idle = 0
      else if (++idle > PATIENCE) throw new Error('stuck: no timer is set, and nothing is left to do')
    }
    return task
  }

  /** Lets the next timer go off. @returns false when there is none */
  #advance (): boolean {
    let next: VirtualTimer | undefined
    for (const timer of this.#timers) {
      if (next === undefined || timer.due < next.due || timer.due === next.due && timer.order < next.order) next = timer
    }
    if (next === undefined) return false
    this.now = Math.max(this.now, next.due)
    if (next.every === undefined) this.#timers.delete(next)
    else next.due = this.now + next.every
    next.task()
    return true
  }
}
