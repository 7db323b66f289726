/**
 * The life of plugins in a running process: what ops want is looked at every few seconds, in the
 * database and in robnu.config.json, and one plugin is enabled, disabled or replaced while the others
 * go on. What cannot be done leaves everything as it was, and says why.
 */
import type { PluginEntry } from '../config.ts'
import { extendHost, type Host, shrinkHost, stopProcesses } from '../host/host.ts'
import type { LoadedPlugin, LoadOptions } from '../host/load.ts'
import type { Log } from '../log.ts'
import { watchOutage } from '../queues/outage.ts'
import { pause } from '../queues/pause.ts'
import type { PluginReport, WantedPlugin } from '../queues/plugins.ts'
import type { LiveHost } from './live-host.ts'
import { createPluginBook, type PluginBook, type Told } from './plugin-book.ts'

/** What this process does for one plugin. */
export interface PluginSteps {
  /** What the database lacks for it. */
  readonly lacks: (one: LoadedPlugin) => Promise<readonly string[]>
  /** Makes what serves this set; throws where it cannot. Nothing has changed before `swap`. */
  readonly prepare: (next: Host) => { readonly swap: () => void }
  /** Its consumers, sweeps, and its own `start`; undoes what it did when it throws. */
  readonly start: (one: LoadedPlugin) => Promise<void>
  /** What is in hand comes to its end first. */
  readonly stop: (one: LoadedPlugin) => Promise<void>
}
export interface PluginLifeOptions {
  readonly host: LiveHost
  readonly steps: PluginSteps
  readonly log: Log
  readonly clock: () => Date
  readonly loading?: LoadOptions
  /** The entries that the configuration enables, and all that it names; throws where it is wrong. */
  readonly entries: () => {
    readonly plugins: readonly PluginEntry[]
    readonly entries: readonly PluginEntry[]
    readonly configDir: string
  }
  readonly readWanted: () => Promise<readonly WantedPlugin[]>
  readonly report: (states: readonly PluginReport[]) => Promise<void>
  readonly everyMs?: number
}
export interface PluginLife {
  /** Before anything starts: what ops have disabled is left out. */
  readonly open: () => Promise<void>
  /** Looks until it is stopped. */
  readonly watch: () => () => Promise<void>
  /** One look; exported for those who move the clock. */
  readonly look: () => Promise<void>
  readonly states: () => readonly PluginReport[]
}

const lookEveryMs = 3_000
/** What could not be enabled is tried again: somebody may have migrated, or mended a file. */
const tryAgainMs = 30_000
const longestCause = 4_000

export const createPluginLife = (options: PluginLifeOptions): PluginLife => {
  const { host, steps, log, clock, loading, everyMs = lookEveryMs } = options
  const book = createPluginBook(clock)
  /** The digest of what this process has imported: a module is imported once. */
  const imported = new Map<string, string | undefined>()

  const enable = async (
    entry: PluginEntry,
    configDir: string,
    want: WantedPlugin | undefined,
  ): Promise<void> => {
    const before = book.get(entry.use)
    const attempt = JSON.stringify([want?.generation, entry])
    const isTold = before?.attempt === attempt && before.state !== 'disabled'
    if (isTold && clock().getTime() - before.triedAt < tryAgainMs) return
    let tried: Told = { attempt, triedAt: clock().getTime(), generation: want?.generation ?? 0 }
    if (!isTold) book.set(entry, 'starting', { ...tried, id: want?.id })
    const old = host.plugins.find(({ use }) => use === entry.use)
    try {
      const next = await extendHost(host.current(), entry, configDir, loading)
      const one = next.plugins.find(({ use }) => use === entry.use)
      if (!one) throw new Error('The plugin was not loaded')
      tried = { ...tried, id: one.plugin.id, version: one.plugin.version }
      const isStale = staleCode(entry, one, want, imported)
      if (!imported.has(entry.use)) imported.set(entry.use, entry.integrity)
      if (isStale !== undefined) {
        return book.set(entry, 'restart-needed', { ...tried, cause: isStale })
      }
      try {
        await take(next, one, old)
      } catch (error) {
        if (one.process !== old?.process) await stopProcesses([one])
        throw error
      }
      book.set(entry, 'running', tried)
      log.info('plugin.running', { plugin: one.plugin.id, version: one.plugin.version })
    } catch (error) {
      const told = { ...tried, cause: causeOf(error) }
      // of one that was there before, everything is as it was
      if (old && host.plugins.includes(old)) {
        book.set(entry, 'running', { ...told, version: old.plugin.version })
      } else book.set(entry, 'failed', told)
      if (!isTold) log.error('plugin.failed', { plugin: before?.id ?? entry.use, error })
    }
  }

  const take = async (next: Host, one: LoadedPlugin, old: LoadedPlugin | undefined) => {
    const lacks = await steps.lacks(one)
    if (lacks.length > 0) {
      throw new Error(`The database lacks ${lacks.join(', ')}: run "robnu migrate"`)
    }
    const { swap } = steps.prepare(next)
    const before = host.current()
    host.become(next)
    if (old) {
      swap()
      await steps.stop(old)
    }
    try {
      await steps.start(one)
    } catch (error) {
      const back = old ? await shrinkHost(next, one.use).catch(() => before) : before
      host.become(back)
      if (old) steps.prepare(back).swap()
      throw error
    }
    if (!old) swap()
  }

  const disable = async (one: LoadedPlugin, want: WantedPlugin | undefined): Promise<void> => {
    const { id, version } = one.plugin
    const entry = { use: one.use, config: undefined, trust: trustOf(one) }
    const told = { id, version, generation: want?.generation ?? book.get(one.use)?.generation ?? 0 }
    try {
      const next = await shrinkHost(host.current(), one.use)
      const { swap } = steps.prepare(next)
      book.set(entry, 'draining', told)
      swap()
      host.become(next)
      await steps.stop(one)
      book.set(entry, 'disabled', told)
      log.info('plugin.disabled', { plugin: id })
    } catch (error) {
      const cause = `Cannot be disabled: ${causeOf(error)}`
      if (book.get(one.use)?.cause !== cause) {
        log.error('plugin.not-disabled', { plugin: id, error })
      }
      book.set(entry, 'running', { ...told, cause })
    }
  }

  const look = async (): Promise<void> => {
    const { plugins, entries, configDir } = options.entries()
    const wanted = await options.readWanted()
    const wantOf = (entry: { readonly use: string }) => wantedOf(wanted, entry, host, book)
    const enabled = plugins.filter((entry) => wantOf(entry)?.enabled !== false)
    for (const one of host.plugins.toReversed()) {
      if (!enabled.some(({ use }) => use === one.use)) await disable(one, wantOf(one))
    }
    for (const entry of enabled) {
      const want = wantOf(entry)
      const isThere = host.plugins.some(({ use }) => use === entry.use)
      const seen = book.get(entry.use)?.generation ?? 0
      if (!isThere || (want?.generation ?? 0) > seen) await enable(entry, configDir, want)
    }
    for (const entry of [...entries, ...plugins]) {
      const isThere = host.plugins.some(({ use }) => use === entry.use)
      if (isThere || enabled.some(({ use }) => use === entry.use)) continue
      const want = wantOf(entry)
      if (book.get(entry.use)?.state === 'disabled') continue
      book.set(entry, 'disabled', { id: want?.id, generation: want?.generation ?? 0 })
    }
    const named = [...entries, ...plugins].map(({ use }) => use)
    book.keep((use) => named.includes(use) || host.plugins.some((one) => one.use === use))
  }

  const states = () => book.list(host)
  const tell = async (): Promise<void> => {
    try {
      await look()
    } finally {
      await options.report(states())
    }
  }
  return {
    look: tell,
    states,
    open: async () => {
      const { plugins } = options.entries()
      for (const entry of plugins) imported.set(entry.use, entry.integrity)
      const wanted = await options.readWanted().catch((error) => {
        log.warn('plugins.not-read', { error })
        return []
      })
      for (const one of host.plugins.toReversed()) {
        const want = wantedOf(wanted, one, host, book)
        const entry = { use: one.use, config: undefined, trust: trustOf(one) }
        const { id, version } = one.plugin
        const told = { id, version, generation: want?.generation ?? 0 }
        if (want?.enabled !== false) {
          book.set(entry, 'running', told)
          continue
        }
        try {
          host.become(await shrinkHost(host.current(), one.use))
          await stopProcesses([one])
          book.set(entry, 'disabled', told)
        } catch (error) {
          // another one needs it
          book.set(entry, 'running', { ...told, cause: `Cannot be disabled: ${causeOf(error)}` })
        }
      }
    },
    watch: () => {
      const stopping = new AbortController()
      const outage = watchOutage(log, 'plugins')
      const loop = async (): Promise<void> => {
        while (!stopping.signal.aborted) {
          try {
            await tell()
            outage.worked()
          } catch (error) {
            outage.failed(error)
          }
          await pause(everyMs, stopping.signal)
        }
      }
      const looping = loop()
      return async () => {
        stopping.abort()
        await looping
      }
    },
  }
}

/** By the name in the configuration, or by the id of what that name has loaded. */
const wantedOf = (
  wanted: readonly WantedPlugin[],
  { use }: { readonly use: string },
  host: Host,
  book: PluginBook,
): WantedPlugin | undefined => {
  const id = host.plugins.find((one) => one.use === use)?.plugin.id ?? book.get(use)?.id
  return wanted.find((want) => id === undefined ? want.use === use : want.id === id)
}

/** What keeps this process from running the code that is wanted; undefined: it has it. */
const staleCode = (
  { use, integrity }: PluginEntry,
  one: LoadedPlugin,
  want: WantedPlugin | undefined,
  imported: ReadonlyMap<string, string | undefined>,
): string | undefined => {
  if (one.process) return undefined
  const { version } = one.plugin
  if (want && want.version !== version) {
    return `Version ${want.version} is wanted and ${version} is loaded: restart this process`
  }
  return imported.has(use) && imported.get(use) !== integrity
    ? 'Its files have changed since this process loaded them: restart this process'
    : undefined
}

const trustOf = (one: LoadedPlugin) => one.process ? 'isolated' as const : 'in-process' as const
const causeOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, longestCause)
