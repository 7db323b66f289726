/** What this process knows of each plugin, by its name in the configuration. */
import type { PluginEntry } from '../config.ts'
import type { Host } from '../host/host.ts'
import type { PluginReport, PluginState } from '../queues/plugins.ts'

export type PluginBook = ReturnType<typeof createPluginBook>

/** What is said of a plugin with its state. */
export interface Told {
  readonly id?: string | undefined
  readonly version?: string
  readonly generation: number
  readonly cause?: string
  readonly attempt?: string
  readonly triedAt?: number
}
interface Page {
  readonly id: string | undefined
  readonly version: string | null
  readonly trust: PluginReport['trust']
  readonly state: PluginState
  readonly generation: number
  readonly cause: string | null
  readonly since: Date
  readonly attempt: string
  readonly triedAt: number
}
export const createPluginBook = (clock: () => Date) => {
  const pages = new Map<string, Page>()
  return {
    get: (use: string) => pages.get(use),
    keep: (isKept: (use: string) => boolean) => {
      for (const use of pages.keys()) if (!isKept(use)) pages.delete(use)
    },
    set: ({ use, trust }: PluginEntry, state: PluginState, told: Told): void => {
      const before = pages.get(use)
      pages.set(use, {
        id: told.id ?? before?.id,
        version: told.version ?? before?.version ?? null,
        trust: trust ?? 'in-process',
        state,
        generation: told.generation,
        cause: told.cause ?? null,
        since: before?.state === state ? before.since : clock(),
        attempt: told.attempt ?? '',
        triedAt: told.triedAt ?? 0,
      })
    },
    /** A process of its own that has failed says so here. */
    list: (host: Host): readonly PluginReport[] =>
      [...pages].map(([use, page]) => {
        const { state, version, trust, generation, cause, since } = page
        const plugin = page.id ?? use
        const told = { plugin, state, version, trust, generation, cause, since }
        const own = host.plugins.find((one) => one.use === use)?.process?.state()
        if (state !== 'running' || !own || own.state === 'running') return told
        if (own.state === 'starting') return { ...told, state: 'starting', since: own.since }
        return { ...told, state: 'failed', cause: own.cause ?? 'It has stopped', since: own.since }
      }),
  }
}
