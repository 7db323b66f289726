/** Says once that something stopped working and once that it works again, not at every attempt. */
import type { Log } from '../log.ts'

export interface Outage {
  readonly failed: (error: unknown) => void
  readonly worked: () => void
  readonly isDown: () => boolean
}

/** Logs `<event>.down` with the first error, and `<event>.up` with how long it was down. */
export const watchOutage = (
  log: Log,
  event: string,
  now: () => number = () => performance.now(),
): Outage => {
  let downSince: number | undefined
  return {
    failed: (error) => {
      if (downSince !== undefined) return
      downSince = now()
      log.error(`${event}.down`, { error })
    },
    worked: () => {
      if (downSince === undefined) return
      log.info(`${event}.up`, { downMs: Math.round(now() - downSince) })
      downSince = undefined
    },
    isDown: () => downSince !== undefined,
  }
}
