/** A sandbox put together from its parts: server, clock, faults, buckets, verbs. */
import type { Buckets } from './bucket.ts'
import { clockVerb, type SandboxClock } from './clock.ts'
import type { ControlVerb } from './control.ts'
import type { Faults } from './faults.ts'
import type { Moves } from './moves.ts'
import type { DemoAccount, RunningSandbox } from './sandbox.ts'
import { type ServerOptions, startServer } from './server.ts'

export interface SandboxParts extends Omit<ServerOptions, 'verbs' | 'port'> {
  readonly port?: number | undefined
  /** Stopped with the server, and when the server cannot start. */
  readonly clock: SandboxClock
  readonly faults: Faults
  readonly buckets: Buckets
  /** What may be done to orders, returns, money and tokens. */
  readonly moves: Moves
  /** Verbs of this marketplace alone. */
  readonly verbs?: Readonly<Record<string, ControlVerb>>
  readonly accounts: readonly DemoAccount[]
}

/** Has every verb of the kit; throws one sentence when the port is taken. */
export const openSandbox = async (parts: SandboxParts): Promise<RunningSandbox> => {
  const { clock, faults, buckets, moves, verbs, accounts, port, ...rest } = parts
  const server = await startServer({
    ...rest,
    ...(port === undefined ? {} : { port }),
    faults,
    verbs: { clock: clockVerb(clock), ...faults.verbs, ...buckets.verbs, ...verbs, ...moves },
  }).catch(async (error) => {
    await clock.stop()
    throw error
  })
  return {
    url: server.url,
    get clock() {
      return clock.anchor()
    },
    accounts,
    stop: async () => {
      await server.stop()
      await clock.stop()
    },
  }
}
