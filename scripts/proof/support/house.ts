/** The launcher's parts in this process, and the app as a process of its own that can be killed. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { readPlugins } from '#core/config.ts'
import type { Queries } from '#core/db/database.ts'
import { type Operations, withOperations } from '#core/db/operations.ts'
import { openDatabase, openLogin } from '#core/db/scope.ts'
import { openHost } from '#core/host/host.ts'
import { isMarketplace } from '#core/plugin.ts'
import { callVerb } from '#core/testing/sandbox/call.ts'
import type { DemoAccount, RunningSandbox } from '#core/testing/sandbox/sandbox.ts'
import { startAppProcess } from '../../app-process.ts'
import { type DemoClient, type DemoSeller, ensureDemoSellers, signInDemo } from '../../demo.ts'
import { openHome } from '../../local/home.ts'
import { startParts } from '../../local/parts.ts'
import { migrateAll } from '../../migrate.ts'

export interface App {
  readonly url: string
  /** Resolves when so many more pages of syncs are stored; rejects when the app ends before. */
  readonly pages: (count: number) => Promise<void>
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}
export interface House {
  readonly sellers: readonly DemoSeller[]
  /** The first account of the sandbox, as a seller connects it. */
  readonly shop: {
    readonly marketplace: string
    readonly external_account_id: string
    readonly name: string
    readonly details: unknown
    readonly credentials: unknown
  }
  /** The accounts that the sandbox of a plugin offers. */
  readonly accountsOf: (pluginId: string) => readonly DemoAccount[]
  /** `env` overrules what every process of the house is given: a worker alone, for example. */
  readonly startApp: (env?: Readonly<Record<string, string>>) => Promise<App>
  /** The owner of the seller at this place of the list, signed in at the app. */
  readonly owner: (app: App, at: number) => Promise<DemoClient>
  /** What the app is started with: the addresses of the parts, and its secrets. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a verb of a sandbox: that of the first marketplace where no plugin is named. */
  readonly control: (verb: string, body?: object, pluginId?: string) => Promise<unknown>
  readonly asSuperuser: <T>(work: (sql: Operations) => Promise<T>) => Promise<T>
  /** As the superuser, whom no policy holds back. */
  readonly everything: Queries
  /** What of the app is still running ends first. */
  readonly close: () => Promise<void>
}

/** A migrated database with the demo's sellers, who have connected nothing yet. */
export const openHouse = async (
  options: {
    readonly home: string
    readonly env: Readonly<Record<string, string>>
    readonly sandboxSpeed: number
  },
): Promise<House> => {
  const home = openHome(options.home)
  const { plugins: entries, configDir } = readPlugins(options.env, [])
  const host = await openHost(entries, configDir)
  const parts = await startParts({
    home,
    env: { ...options.env, ROBNU_HOME: options.home },
    plugins: host.plugins.map(({ plugin, url }) => ({ id: plugin.id, url })),
    sandboxSpeed: options.sandboxSpeed,
    say: () => {},
  })
  await migrateAll(parts.env, () => {})
  const { DATABASE_URL: url = '', DATABASE_PLATFORM_URL: platformUrl = '' } = parts.env
  const db = await openDatabase({ url, platformUrl, maxConnections: 2 })
  const sellers = await ensureDemoSellers(db, home).finally(db.close)

  const [marketplace] = host.plugins.map(({ plugin }) => plugin).filter(isMarketplace)
  const sandboxOf = (id: string | undefined): RunningSandbox => {
    const found = parts.sandboxes.find(({ pluginId }) => pluginId === id)?.sandbox
    if (!found) throw new Error(`There is no sandbox of "${id}"`)
    return found
  }
  const [account] = sandboxOf(marketplace?.id).accounts
  if (!marketplace || !account) throw new Error('There is no account to sync from')
  const superuser = new URL(url)
  superuser.username = 'postgres'
  superuser.password = home.secret('postgres-superuser')
  const everything = await openLogin({ url: superuser.href, maxConnections: 1 })
  const running = new Set<App>()
  return {
    sellers,
    shop: {
      marketplace: marketplace.code,
      external_account_id: account.externalAccountId,
      name: account.name,
      details: account.details,
      credentials: account.credentials,
    },
    accountsOf: (pluginId) => sandboxOf(pluginId).accounts,
    startApp: async (env = {}) => {
      const app = await startApp({ ...parts.env, PORT: '0', ...env }, join(home.logs, 'app.log'))
      running.add(app)
      return app
    },
    owner: async (app, at) => {
      const user = sellers[at]?.users[0]
      if (!user) throw new Error(`There is no demo seller ${at}`)
      return await signInDemo(app.url, user)
    },
    env: parts.env,
    control: (verb, body, pluginId = marketplace.id) => callVerb(sandboxOf(pluginId), verb, body),
    asSuperuser: (work) => withOperations(superuser.href, work),
    everything,
    close: async () => {
      for (const app of running) await app.stop()
      await everything.close()
      await parts.stop()
      home.close()
    },
  }
}

const startApp = async (
  env: Readonly<Record<string, string | undefined>>,
  logFile: string,
): Promise<App> => {
  const waiting = new Set<() => void>()
  let stored = 0
  const onLine = (line: string) => {
    appendFileSync(logFile, `${line}\n`, { mode: 0o600 })
    if (!line.includes('"sync.page"')) return
    stored++
    for (const look of waiting) look()
  }
  const { url, child } = await startAppProcess({ env, onLine })
  return {
    url,
    pages: (count) =>
      new Promise((resolve, reject) => {
        const until = stored + count
        const look = () => {
          if (stored < until) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void child.exited.then(() => reject(new Error('The app has ended before these pages')))
      }),
    kill: async () => {
      process.kill(child.pid, 'SIGKILL')
      const { signal } = await child.exited
      if (signal !== 'SIGKILL') throw new Error(`The app was not killed: it ended by ${signal}`)
    },
    stop: async () => void await child.stop(),
  }
}
