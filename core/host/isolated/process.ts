/** A plugin in a process of its own, as the rest of the house sees it. */

export type ProcessState = 'starting' | 'running' | 'failed' | 'stopped'

export interface PluginProcess {
  readonly state: () => {
    readonly state: ProcessState
    /**
     * Why it failed last, in words for ops: `exited with code 3`, `gave no sign of life for 5 s`. Told
     * until it has run for ten minutes again, so that nobody misses a process that comes back at once.
     */
    readonly cause?: string
    /** How often it was started, the first time included. */
    readonly starts: number
    readonly since: Date
  }
  /** Calls in hand come to their end within the limit, then the process is replaced: re-enable, upgrade. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}
