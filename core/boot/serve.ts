/** The API of this process: what it serves is made anew when the set of plugins changes. */
import { createTokens } from '../auth/tokens.ts'
import { deriveKey } from '../crypto/derive.ts'
import type { Host } from '../host/host.ts'
import { type App, createApp } from '../http/app.ts'
import { listen, type Listener } from '../http/listen.ts'
import type { PluginMount } from '../http/plugin-routes.ts'
import { createAccounts } from '../ledger/accounts.ts'
import { createImports } from '../ledger/imports/imports.ts'
import { createUploads } from '../ledger/uploads/uploads.ts'
import { createWebhooks } from '../ledger/pushes/webhooks.ts'
import { createKeyWalks } from '../ledger/keys/walks.ts'
import { createListings } from '../ledger/inventory/listings.ts'
import { createStock } from '../ledger/inventory/stock.ts'
import { createJobContext } from '../ledger/plugin-context.ts'
import { createOrders } from '../ledger/read-orders.ts'
import { createPayouts } from '../ledger/read-payouts.ts'
import { createReturns } from '../ledger/read-returns.ts'
import { createShipments } from '../ledger/read-shipments.ts'
import { createTimelines } from '../ledger/read-timeline.ts'
import { createTenantExports } from '../ledger/tenant-export/exports.ts'
import { createRuns } from '../ledger/runs.ts'
import type { Plugin, Route } from '../plugin.ts'
import { createPluginDesk, type PluginReport } from '../queues/plugins.ts'
import { pause } from '../queues/pause.ts'
import { createPermissions } from '../rbac/permissions.ts'
import { version } from '../version.ts'
import { accessServices, overrideDeskOf } from './access.ts'
import { auditServices } from './audit.ts'
import { createIdempotency, openLimits } from './edge.ts'
import type { House } from './house.ts'
import type { InHand } from './in-hand.ts'
import { keysReady } from './keys-ready.ts'
import { offboardingServices } from './offboarding.ts'
import { processingServices } from './processing.ts'
import { queueServices } from './queues.ts'
import { retentionServices } from './retention.ts'
import { signInServices } from './sign-in.ts'
import { staffServices } from './staff.ts'
import { tenancyServices } from './tenancy.ts'

export interface Api {
  /** The application of another set of plugins; throws where it cannot be served. */
  readonly prepare: (next: Host) => { readonly swap: () => void }
  readonly listen: () => Promise<Listener>
}

export const openApi = async (
  house: House,
  pluginStates: () => readonly PluginReport[],
): Promise<Api> => {
  const { config, host, clock } = house
  const { limits, store } = await openLimits(house, config)
  const access = accessServices({ ...house, store })
  const tokens = await createTokens({ keys: config.ROBNU_JWT_KEYS, now: clock })
  const webhooks = createWebhooks({
    ...{ ...house, limits, sleep: pause, ticks: () => performance.now() },
  })
  const services = { ...servicesOf(house, tokens), ...access, limits, webhooks }
  const appOf = (of: Host): App => {
    const plugins = of.plugins.map(({ plugin }) => plugin)
    const permissions = createPermissions(plugins)
    return createApp({
      services: {
        ...services,
        overrideDesk: overrideDeskOf(house, permissions),
        ...queueServices({ ...house, host: of }),
        staffPlugins: createPluginDesk(house.db),
      },
      ...settingsOf(house),
      permissions,
      pluginStates,
      plugins: plugins.map((plugin) => mountOf(house, plugin)),
    })
  }
  let app = appOf(host.current())
  return {
    prepare: (next) => {
      const other = appOf(next)
      return {
        swap: () => {
          app = other
        },
      }
    },
    listen: async () => {
      const server = await listen((request, peer) => app.fetch(request, peer), {
        host: config.HOST,
        port: config.PORT,
      })
      return {
        ...server,
        close: async () => {
          await server.close()
          await access.keys.close()
          await store.close()
        },
      }
    },
  }
}

/** What no plugin changes. */
const servicesOf = (house: House, tokens: Awaited<ReturnType<typeof createTokens>>) => {
  const { db, keyring, config } = house
  const auth = signInServices({ ...house, tokens })
  return {
    auth,
    tenancy: tenancyServices({ ...house, auth, appUrl: config.ROBNU_APP_URL }),
    ...staffServices(house),
    idempotency: createIdempotency(house, config),
    orders: createOrders({ db, keyring }),
    accounts: createAccounts(house),
    runs: createRuns(db),
    shipments: createShipments(db),
    returns: createReturns(db),
    payouts: createPayouts(db),
    timelines: createTimelines(db),
    tenantExports: createTenantExports(house),
    stock: createStock(house),
    listings: createListings(house),
    imports: createImports(house),
    uploads: createUploads(house),
    ...processingServices(house),
    ...offboardingServices(house),
    ...retentionServices(house),
    keyWalks: createKeyWalks(house),
    audit: auditServices(house),
  }
}

const settingsOf = ({ db, kms, sqs, config, clock, log, now }: House) => ({
  checks: {
    database: db.ping,
    keys: keysReady({ ping: kms.ping, now, staleMs: config.ROBNU_KMS_STALE_MINUTES * 60_000 }),
    queues: sqs.ping,
  },
  cursorKey: deriveKey(config.ROBNU_SECRET, 'cursors'),
  docs: config.ROBNU_DOCS,
  version,
  now: clock,
  log,
  ...config.ROBNU_ORIGIN === undefined ? {} : { origin: config.ROBNU_ORIGIN },
  ...config.ROBNU_SECURITY_CONTACT === undefined
    ? {}
    : { securityContact: config.ROBNU_SECURITY_CONTACT },
  proxies: config.ROBNU_PROXIES,
})

const mountOf = (house: House, plugin: Plugin): PluginMount => ({
  pluginId: plugin.id,
  routes: (plugin.routes ?? []).map((route) => heldRoute(house.inHand, plugin, route)),
  contextOf: ({ requestId, ...asked }) =>
    createJobContext(house, plugin, { ...asked, key: requestId }),
})

/** A plugin that is to stop waits for its requests. */
const heldRoute = (inHand: InHand, plugin: Plugin, route: Route): Route => {
  const held =
    <Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      const { end } = inHand.begin(plugin)
      try {
        return await work(...args)
      } finally {
        end()
      }
    }
  return {
    ...route,
    handle: held(route.handle),
    ...route.replay ? { replay: held(route.replay) } : {},
  }
}
