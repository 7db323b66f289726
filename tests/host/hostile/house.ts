/** A house with the hostile plugin in it, another seller's orders, and something to steal. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPluginDatabases } from '../../../core/boot/plugin-databases.ts'
import { plainStatement } from '../../../core/db/sql.ts'
import { openHost } from '../../../core/host/host.ts'
import { loginSql } from '../../../core/host/isolated/login-sql.ts'
import { openIsolated } from '../../../core/host/isolated/open.ts'
import { realTime } from '../../../core/host/isolated/time.ts'
import type { LoadedPlugin } from '../../../core/host/load.ts'
import { migrateHost } from '../../../core/host/migrate.ts'
import type { PluginProcess } from '../../../core/host/isolated/process.ts'
import { createJobContext, type PluginDeps } from '../../../core/ledger/plugin-context.ts'
import { createRegistry } from '../../../core/ledger/registry.ts'
import { writeSatellite } from '../../../core/ledger/satellite.ts'
import { silentLog } from '../../../core/log.ts'
import type { JobContext, Marketplace, Plugin } from '../../../core/plugin.ts'
import { makeAccount, makeSeller, type TestSeller } from '../../support/database.ts'
import type { Given } from '../../support/hostile/attacks.ts'
import { openWorld } from '../../support/bazaar/world.ts'
import { testScopeKey } from '../../support/scope-key.ts'
import { askForRun, type Item, runSlice, sync } from '../../ledger/support/runs.ts'

export const hostileDir = fileURLToPath(new URL('../../support/hostile/', import.meta.url))
const coreFolder = new URL('../../../migrations/', import.meta.url)
const password = 'of-a-test'

export interface House {
  readonly plugin: Plugin
  readonly process: PluginProcess | undefined
  readonly given: Given
  readonly attacker: TestSeller
  readonly victim: TestSeller
  /** As its route would be called for the seller. */
  readonly attempt: (attack: string, whose?: TestSeller) => Promise<string>
  readonly contextOf: (whose: TestSeller) => JobContext
  /** A statement on the plugin's own login, as if nobody had read its text. */
  readonly unread: (text: string) => Promise<unknown>
  /** Times of calls pass so much faster; heartbeats and the start do not. */
  readonly hurry: (times: number) => void
  /** Every row of the other seller, in all tables: the same text for the same rows. */
  /** A slice of a sync whose adapter gives pages for ever: how its work item is left. */
  readonly syncWithoutEnd: () => Promise<Item>
  readonly rowsOfVictim: () => Promise<string>
  readonly loot: () => Promise<number>
  readonly close: () => Promise<void>
}

/** What there is to steal on this machine. Call `close`. */
export const layOut = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'robnu-hostile-'))
  const secretFile = join(folder, 'key')
  await writeFile(secretFile, 'a secret key')
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.end('{}')
  })
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const given: Given = {
    secretFile,
    configFile: fileURLToPath(new URL('../../../robnu.config.json', import.meta.url)),
    newFile: join(folder, 'written'),
    coreModule: new URL('../../../core/crypto/digest.ts', import.meta.url).href,
    port: (server.address() as AddressInfo).port,
    otherSeller: '00000000-0000-0000-0000-000000000000',
  }
  return {
    ...{ given, asked: () => asked },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const openHouse = async (trust: 'in-process' | 'isolated'): Promise<House> => {
  const { given, close: clear } = await layOut()
  const world = await openWorld()
  const { fresh } = world
  await fresh.asSuperuser((admin) =>
    admin.unsafe(`do $$ begin ${loginSql({ id: 'hostile' }, password)}
      exception when duplicate_object or unique_violation then null; end $$`)
  )
  let times = 1
  const use = './mod.ts'
  const url = new URL('../../support/hostile/mod.ts', import.meta.url).href
  const opened = trust === 'in-process' ? undefined : await openIsolated({
    ...{ url, configDir: hostileDir, name: use, log: silentLog },
    limits: { heapMb: 64, memoryMb: 250, silentMs: 2_000, failures: 1_000 },
    // a call has half a minute after its time: that is not for a test to wait
    time: {
      now: realTime.now,
      after: (ms, run) =>
        realTime.after(ms >= 10_000 && ms < 20_000 || ms > 20_000 ? ms / times : ms, run),
    },
  })
  const loaded: readonly LoadedPlugin[] = opened
    ? [{ ...opened, use, url, config: undefined }]
    : (await openHost([{ use, config: undefined }], hostileDir)).plugins
  const [one] = loaded
  if (!one) throw new Error('unreachable: it was loaded')
  const { plugin } = one
  await migrateHost({
    ...{ ownerUrl: fresh.urls.owner, coreFolder, scopeKey: testScopeKey, log: () => {} },
    host: { ...world.host, plugins: [...world.host.plugins, ...loaded] },
  })
  const login = new URL(fresh.urls.app)
  Object.assign(login, { username: 'robnu_plugin_hostile', password })
  const databases = openPluginDatabases({
    ...{ urls: { hostile: login.href }, scopeKey: testScopeKey, now: Date.now },
  })
  const attacker = await makeSeller(fresh.db)
  const victim = await makeSeller(fresh.db)
  await sync(world, victim, await world.connectShop(victim, 0))
  const deps: PluginDeps = { ...world.deps, dbOf: databases.dbOf }
  const contextOf = (whose: TestSeller): JobContext =>
    createJobContext(deps, plugin, {
      ...{ key: 'attack', signal: AbortSignal.timeout(20_000), entry: whose.entry },
    })
  const told: Given = { ...given, otherSeller: victim.sellerId }
  return {
    ...{ plugin, process: opened?.process, given: told, attacker, victim, contextOf },
    attempt: async (attack, whose = attacker) => {
      const [route] = plugin.routes ?? []
      const body = { attack, given: told }
      const { got } = await route?.handle({ params: {}, query: {}, body }, contextOf(whose))
      return got
    },
    unread: async (text) =>
      await databases.dbOf(plugin)?.withSellerScope(
        attacker.entry,
        (scope) => scope.any(plainStatement(text, [])),
      ),
    syncWithoutEnd: async () => {
      const accountId = await makeAccount(fresh, attacker, { code: 'HOSTILE' })
      const keys = await world.keyring.forSeller(attacker.entry, { willSeal: 2 })
      const market = plugin as Marketplace
      await fresh.db.withSellerScope(
        attacker.entry,
        (scope) =>
          writeSatellite(scope, keys, market, accountId, {
            details: { attack: null },
            credentials: { token: 't' },
          }),
      )
      const changes = { registry: createRegistry([market]), sliceMs: 300 }
      return await runSlice(world, await askForRun(world, attacker, accountId), changes)
    },
    hurry: (by) => void (times = by),
    rowsOfVictim: () =>
      fresh.asSuperuser(async (admin) => {
        const tables = await admin<{ name: string }[]>`
          select table_name as name from information_schema.columns
          where table_schema = 'public' and column_name = 'seller_id' order by 1`
        const all: unknown[] = []
        for (const { name } of tables) {
          const rows = await admin.unsafe(
            `select count(*)::int as n, md5(string_agg(t::text, '|' order by t::text)) as sum
              from ${name} t where seller_id = '${victim.sellerId}'`,
          )
          all.push([name, { ...rows[0] }])
        }
        return JSON.stringify(all)
      }),
    loot: async () =>
      (await fresh.asSuperuser((admin) => admin`select 1 from hostile_loot`)).length,
    close: async () => {
      await opened?.process.stop()
      await databases.close()
      await world.close()
      await clear()
    },
  }
}
