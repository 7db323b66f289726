/** Builds the application from a configuration: the only place where its parts meet. */
import { type House, type HouseOptions, openHouse } from './boot/house.ts'
import { followKeyNews } from './boot/key-news.ts'
import { openLiveHost } from './boot/live-host.ts'
import { openNotifying } from './boot/notifications.ts'
import { watchShreds } from './boot/offboarding.ts'
import { createPluginLife, type PluginLife } from './boot/plugin-life.ts'
import { createPluginSteps, type RunningParts, type StartedPlugins } from './boot/plugin-steps.ts'
import { openApi } from './boot/serve.ts'
import { startSweeping } from './boot/sweeps.ts'
import { openWorkers, type Workers } from './boot/work.ts'
import type { Config, Part, ReadPlugins } from './config.ts'
import type { Database } from './db/database.ts'
import { sqlState } from './db/scope.ts'
import { openHost, stopProcesses } from './host/host.ts'
import type { LoadOptions } from './host/load.ts'
import { newId } from './ids.ts'
import type { Log } from './log.ts'
import { pause } from './queues/pause.ts'
import { forgetProcess, readWanted, writeReports } from './queues/plugins.ts'

export interface Application {
  readonly start: () => Promise<void>
  /** Requests and jobs in hand come to their end, then everything closes. */
  readonly stop: () => Promise<void>
  /** Where the API listens; undefined in a process without it, and before the start. */
  readonly url: () => string | undefined
}
export interface BootOptions extends HouseOptions {
  /**
   * Reads again what the configuration says of plugins; throws where it is wrong. Absent: as it was at
   * the start, for as long as the process runs.
   */
  readonly readPlugins?: () => Pick<ReadPlugins, 'plugins' | 'entries' | 'configDir'>
  /** How often to look what ops want of plugins; shorter for tests. */
  readonly pluginsEveryMs?: number
}

/** This process, as it names itself in the database. */
interface Self {
  readonly id: string
  readonly parts: string
}

/** A slice of a sync ends after this long, so that one account never holds a worker. */
const sliceMs = 20_000

/** Throws one error with every fault of configuration or plugins; opens nothing before. */
export const boot = async (config: Config, options: BootOptions): Promise<Application> => {
  const loading = loadOptions(config, options.log)
  const host = openLiveHost(await openHost(config.plugins, config.configDir, loading))
  const house = await openHouse(config, host, options)
  const stops: (() => Promise<unknown>)[] = [house.close, () => stopProcesses(host.plugins)]
  const self: Self = { id: newId(), parts: config.ROBNU_RUN.join(',') }
  const runs = (part: Part) => config.ROBNU_RUN.includes(part)
  let url: string | undefined
  return {
    url: () => url,
    start: async () => {
      await refuseUnknownKey(house.db)
      watchShreds(house, self)
      stops.push(followKeyNews(house.keyNews, options))
      const life = lifeOf(house, self, options, loading, () => steps)
      await life.open()
      // a bucket of AWS is made by who runs the account; one of our own machine by us
      if (config.AWS_ENDPOINT_URL && runs('worker')) await house.files.ensureBucket()
      if (runs('worker') || runs('sweeps')) await house.sqs.ensureQueues(house.queues())
      const parts: { -readonly [P in keyof RunningParts]: RunningParts[P] } = {}
      if (runs('worker')) {
        const { workers, stop } = startWorker(house)
        stops.push(stop)
        parts.workers = workers
        parts.notifying = openNotifying(house)
        stops.push(parts.notifying.stop)
      }
      if (runs('sweeps')) {
        parts.sweeping = await startSweeping(house)
        stops.push(parts.sweeping.stop)
      }
      if (runs('api')) parts.api = await openApi(house, life.states)
      const steps = createPluginSteps(house, parts)
      stops.push(steps.endAll)
      for (const one of host.plugins) await steps.begin(one)
      for (const { plugin } of host.plugins) await parts.notifying?.add(plugin)
      if (parts.api) {
        const server = await parts.api.listen()
        stops.push(server.close)
        url = server.url
      }
      stops.push(life.watch())
      options.log.info('app.ready', { url, run: config.ROBNU_RUN })
    },
    stop: async () => {
      for (const stop of stops.splice(0).reverse()) await stop()
    },
  }
}

const loadOptions = (config: Config, log: Log): LoadOptions => ({
  log,
  speedOf: (pluginId) => config.ROBNU_UPSTREAMS[pluginId]?.clock?.speed ?? 1,
  databases: config.ROBNU_PLUGIN_DATABASES,
})

const lifeOf = (
  house: House,
  process: Self,
  { readPlugins, pluginsEveryMs, log }: BootOptions,
  loading: LoadOptions,
  steps: () => StartedPlugins,
): PluginLife => {
  const { db, config, host, clock } = house
  const { plugins, configDir } = config
  const life = createPluginLife({
    ...{ host, log, clock, loading },
    ...pluginsEveryMs === undefined ? {} : { everyMs: pluginsEveryMs },
    steps: {
      lacks: (one) => steps().lacks(one),
      prepare: (next) => steps().prepare(next),
      start: (one) => steps().start(one),
      stop: (one) => steps().stop(one),
    },
    entries: readPlugins ?? (() => ({ plugins, entries: plugins, configDir })),
    readWanted: () => db.withPlatformScope('plugins', readWanted),
    report: (states) => db.withPlatformScope('plugins', (tx) => writeReports(tx, process, states)),
  })
  return {
    ...life,
    watch: () => {
      const stop = life.watch()
      return async () => {
        await stop()
        await db.withPlatformScope('plugins', (tx) => forgetProcess(tx, process.id))
          .catch((error) => log.warn('plugins.not-forgotten', { error }))
      }
    },
  }
}

/** A database that is not there yet is waited for; one that knows another key will never do. */
const refuseUnknownKey = async (db: Database): Promise<void> => {
  try {
    await db.ping()
  } catch (cause) {
    if (sqlState(cause) !== '42501') return
    throw new Error(
      'Cannot start: the database does not know the key of this process; run migrate with its ROBNU_SECRET',
      { cause },
    )
  }
}

const startWorker = (
  house: House,
): { readonly workers: Workers; readonly stop: () => Promise<void> } => {
  const stopRelay = house.startRelay()
  const workers = openWorkers({
    deps: { ...house, sliceMs, sleep: pause },
    sqs: house.sqs,
    queues: house.queues(),
    inHand: house.inHand,
    leaseMs: house.config.ROBNU_LEASE_MS,
  })
  return {
    workers,
    stop: async () => {
      await workers.stop()
      await stopRelay()
    },
  }
}
