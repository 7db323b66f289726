/** What a marketplace's `sandbox.ts` exports by default, and what the launcher gives it. */

/** How an upstream's clock runs: at real instant `at` it showed `upstream`, and it runs `speed` times as fast. */
export interface ClockAnchor {
  /** ISO, UTC. */
  readonly at: string
  /** ISO, UTC. */
  readonly upstream: string
  readonly speed: number
}
export interface SandboxOptions {
  /** A folder for what must outlive a restart; absent: memory only. */
  readonly dir?: string
  /** Of 127.0.0.1; absent or 0: any free one. */
  readonly port?: number
  readonly seed?: number
  /** What its clock shows at the very first start; absent: the sandbox's own day. */
  readonly start?: Date
  /** How fast the sandbox's clock runs; the demo takes 3,600. */
  readonly speed?: number
  /** The launcher's environment: a sandbox may have variables of its own (`ROBNU_SANDBOX_…`). */
  readonly env: Readonly<Record<string, string | undefined>>
}
/** An account that a demo seller connects. */
export interface DemoAccount {
  readonly name: string
  readonly externalAccountId: string
  readonly details: unknown
  readonly credentials: unknown
  /** How many orders a sync will bring, for the progress bar. */
  readonly orders: number
  /** Which demo seller connects it, from 0; absent: the first account is the first seller's, and so on. */
  readonly seller?: number
}
export interface RunningSandbox {
  /** Where requests for the plugin's declared hosts go instead. */
  readonly url: string
  readonly clock: ClockAnchor
  readonly accounts: readonly DemoAccount[]
  readonly stop: () => Promise<void>
}
/** The default export of `marketplaces/<id>/sandbox.ts`. */
export type StartSandbox = (options: SandboxOptions) => Promise<RunningSandbox>
