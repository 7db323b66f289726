/** Time as the supervisor takes it; a test brings one that it moves. */
import { clearTimeout, setTimeout } from 'node:timers'

export interface Time {
  /** In milliseconds. */
  readonly now: () => number
  /** Runs it once, later; answers how to call it off. */
  readonly after: (ms: number, run: () => void) => () => void
}

export const realTime: Time = {
  now: Date.now,
  after: (ms, run) => {
    // nobody stays for a heartbeat: what waits for an answer holds the process itself
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}
