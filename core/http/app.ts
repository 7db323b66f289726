/** The HTTP application: every route, every answer, and nothing about sockets. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Log } from '../log.ts'
import { newId } from '../ids.ts'
import { fault } from '../errors.ts'
import type { PermissionTable } from '../rbac/permissions.ts'
import { clientAddress } from './client-address.ts'
import { clearedCookie, clearedRefreshCookie, clearedStaffCookie } from './cookie.ts'
import { createCursors } from './cursor.ts'
import { given } from './given.ts'
import { type Env, type Exchange, type Peer, problemAnswer } from './exchange.ts'
import { describeRoutes } from './openapi.ts'
import { type PluginMount, pluginRoutes } from './plugin-routes.ts'
import { faultFor, logProblem } from './problem.ts'
import { checkRoutes, isStaffRoute, type Route } from './route.ts'
import { accountRoutes } from './routes/accounts.ts'
import { accountCareRoutes } from './routes/account-care.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { auditRoutes } from './routes/audit.ts'
import { authRoutes } from './routes/auth.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { docsRoutes } from './routes/docs.ts'
import { type Check, healthRoutes, type PluginHealth } from './routes/health.ts'
import { impersonationRoutes } from './routes/impersonations.ts'
import { documentRoutes } from './routes/documents.ts'
import { importRoutes } from './routes/imports.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { invitationRoutes } from './routes/invitations.ts'
import { manifestRoutes } from './routes/manifests.ts'
import { offboardingRoutes } from './routes/offboarding.ts'
import { openerRoutes } from './routes/openers.ts'
import { openingRoutes } from './routes/openings.ts'
import { orderRoutes } from './routes/orders.ts'
import { overrideRoutes } from './routes/overrides.ts'
import { permissionRoutes } from './routes/permissions.ts'
import { erasureRoutes } from './routes/erasures.ts'
import { principalRoutes } from './routes/data-principals.ts'
import { revealRoutes } from './routes/reveal.ts'
import { searchRoutes } from './routes/search.ts'
import { ownFactorRoutes } from './routes/own-factor.ts'
import { ownPasswordRoutes } from './routes/own-password.ts'
import { ownSessionRoutes } from './routes/own-sessions.ts'
import { inventoryRoutes } from './routes/inventory.ts'
import { listingRoutes } from './routes/listings.ts'
import { processingRoutes } from './routes/processing.ts'
import { payoutRoutes } from './routes/payouts.ts'
import { returnRoutes } from './routes/returns.ts'
import { keyRoutes } from './routes/keys.ts'
import { runRoutes } from './routes/runs.ts'
import { shipmentRoutes } from './routes/shipments.ts'
import { tenantExportRoutes } from './routes/tenant-export.ts'
import { timelineRoutes } from './routes/timeline.ts'
import { securityRoutes } from './routes/security.ts'
import { staffQueueRoutes } from './routes/staff-queues.ts'
import { staffPluginRoutes } from './routes/staff-plugins.ts'
import { staffImpersonationRoutes } from './routes/staff-impersonations.ts'
import { staffRoutes } from './routes/staff.ts'
import { sellerRoutes } from './routes/seller.ts'
import { signUpRoutes } from './routes/sign-up.ts'
import { userRoutes } from './routes/users.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { serveRoute } from './serve.ts'
import type { Services } from './services.ts'

export interface AppDeps {
  readonly services: Services
  /** `createPermissions(plugins)`. */
  readonly permissions: PermissionTable
  readonly plugins?: readonly PluginMount[]
  /** What /readyz looks at, by name. */
  readonly checks: Readonly<Record<string, Check>>
  /** How the plugins of this process are; /healthz names those that are not well. */
  readonly pluginStates?: () => readonly PluginHealth[]
  /** 32 bytes or more, the same in all processes. */
  readonly cursorKey: Uint8Array
  readonly log: Log
  readonly now: () => Date
  readonly version: string
  /** The public origin (`https://api.example.in`), where a proxy hides it from the requests. */
  readonly origin?: string
  /** How many proxies of our own stand in front; their X-Forwarded-For is believed. */
  readonly proxies?: number
  /** Where reports of weaknesses go: https:, mailto: or tel:. */
  readonly securityContact?: string
  /** False: no page at /docs; /openapi.json stays. */
  readonly docs?: boolean
}
export interface App {
  /** Never rejects. `peer` is who is at the other end of the connection. */
  readonly fetch: (request: Request, peer?: Peer) => Promise<Response>
  /** What is served, for matrices and documents. */
  readonly routes: readonly Route[]
  /** OpenAPI 3.1 as JSON text. */
  readonly document: string
}

/** Throws, naming every one, when a route has no permission that a role has. */
export const createApp = (deps: AppDeps): App => {
  const { services, permissions, log, now } = deps
  const cursors = createCursors(deps.cursorKey)
  const routes = [
    ...authRoutes(services.auth, permissions, services.impersonations),
    ...ownSessionRoutes(services.auth.own.sessions),
    ...ownPasswordRoutes(services.auth.own.password),
    ...ownFactorRoutes(services.auth.own.factor),
    ...signUpRoutes(services.tenancy.signUp),
    ...sellerRoutes(services.tenancy, services.auth.own.sessions, services.impersonations),
    ...offboardingRoutes(services.offboardings),
    ...userRoutes(services.tenancy.people, services.auth, now),
    ...invitationRoutes(services.tenancy.invitations, services.tenancy.join),
    ...orderRoutes(services.orders, cursors),
    ...accountRoutes(services.accounts, services.runs),
    ...accountCareRoutes(services),
    ...runRoutes(services.runs, cursors),
    ...timelineRoutes(services.timelines),
    ...shipmentRoutes(services.shipments, cursors),
    ...returnRoutes(services.returns, cursors),
    ...payoutRoutes(services.payouts, cursors),
    ...deadLetterRoutes(services.deadLetters, cursors),
    ...inventoryRoutes(services.stock, cursors),
    ...listingRoutes(services.listings, cursors),
    ...importRoutes(services.imports, cursors),
    ...uploadRoutes(services.uploads, services.imports),
    ...processingRoutes(services.processing, cursors),
    ...manifestRoutes(services.manifests, services.processing, cursors),
    ...documentRoutes(services.documents, services.registrations),
    ...revealRoutes(services.reveals),
    ...searchRoutes(services.search),
    ...principalRoutes(services.principals, cursors),
    ...erasureRoutes(services.erasures, cursors),
    ...permissionRoutes({ permissions, now, ...services }),
    ...overrideRoutes(permissions, services.overrideDesk),
    ...apiKeyRoutes(permissions, services.keyDesk),
    ...keyRoutes(services.keyWalks),
    ...auditRoutes(services.audit, cursors),
    ...tenantExportRoutes(services.tenantExports, cursors),
    ...openingRoutes(services.audit.openings, cursors, now),
    ...openerRoutes({
      ...{ ...services, permissions, now, openings: services.audit.openings },
      people: services.tenancy.people,
    }),
    ...impersonationRoutes(services.impersonations, services.audit.trail, cursors),
    ...staffRoutes(services.staffWork, cursors),
    ...staffImpersonationRoutes(services.staffWork.impersonations, cursors),
    ...staffQueueRoutes(services.staffQueues, cursors),
    ...staffPluginRoutes(services.staffPlugins),
    ...pluginRoutes(deps.plugins ?? []),
    ...webhookRoutes(services.webhooks),
    ...healthRoutes({ checks: deps.checks, log, ...given({ pluginStates: deps.pluginStates }) }),
    ...securityRoutes({ now, ...given({ contact: deps.securityContact, origin: deps.origin }) }),
    ...docsRoutes({ document: () => document, hasPage: deps.docs ?? true }),
  ]
  checkRoutes(routes, permissions)

  const hono = new OpenAPIHono<Env>()
  const document = describeRoutes(hono, routes, deps.version)
  const serveDeps = {
    auth: services.auth,
    keys: services.keys,
    overrides: services.overrides,
    staff: services.staff,
    limits: services.limits,
    idempotency: services.idempotency,
    permissions,
    now,
    ...(deps.origin === undefined ? {} : { origin: deps.origin }),
  }
  for (const route of routes) {
    hono.on(route.method.toUpperCase(), honoPath(route.path), serveRoute(serveDeps, route))
  }

  const refuse = (error: unknown, exchange: Exchange): Response => {
    const seen = faultFor(error)
    const { requestId, route, sellerId } = exchange
    logProblem(log, seen, { requestId, route: route?.path, sellerId })
    if (seen.code === 'session-over' && exchange.hasCookie) {
      const ofStaff = route !== undefined && isStaffRoute(route)
      exchange.cookie = ofStaff ? clearedStaffCookie : clearedCookie
      if (!ofStaff) exchange.moreCookies = [clearedRefreshCookie]
    }
    if (seen.code === 'impersonation-over') delete exchange.impersonation
    return problemAnswer(exchange, seen)
  }
  hono.onError((error, c) => refuse(error, c.env.exchange))
  hono.notFound((c) => {
    const { exchange } = c.env
    const methods = methodsAt(routes, c.req.path)
    if (methods.length === 0) return refuse(fault('not-found'), exchange)
    const answer = refuse(fault('method-not-allowed'), exchange)
    answer.headers.set('allow', methods.join(', '))
    return answer
  })

  return {
    routes,
    document,
    fetch: async (request, peer = unknownPeer) => {
      const began = performance.now()
      const exchange: Exchange = {
        requestId: newId(() => now().getTime()),
        peer: { ip: clientAddress(request.headers, peer.ip, deps.proxies ?? 0) },
      }
      const response = await answer(hono, request, exchange, refuse)
      log.info('http.request', {
        requestId: exchange.requestId,
        method: known.has(request.method) ? request.method : 'OTHER',
        // the pattern and never the address: addresses and queries hold what people look for
        route: exchange.route?.path ?? null,
        status: response.status,
        ms: Math.round((performance.now() - began) * 10) / 10,
        sellerId: exchange.sellerId,
      })
      return response
    },
  }
}

const unknownPeer: Peer = { ip: 'unknown' }
const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

const answer = async (
  hono: OpenAPIHono<Env>,
  request: Request,
  exchange: Exchange,
  refuse: (error: unknown, exchange: Exchange) => Response,
): Promise<Response> => {
  try {
    return await hono.fetch(request, { exchange })
  } catch (error) {
    // Hono hands on what is thrown and no Error
    return refuse(error, exchange)
  }
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** What else the address would take. */
const methodsAt = (routes: readonly Route[], path: string): readonly string[] => {
  const methods = routes
    .filter((route) => matches(route.path, path))
    .map(({ method }) => method.toUpperCase())
  return methods.includes('GET') ? ['HEAD', ...methods].toSorted() : methods.toSorted()
}

const matches = (pattern: string, path: string): boolean => {
  const parts = pattern.split('/')
  const given = path.split('/')
  return parts.length === given.length &&
    parts.every((part, at) => part.startsWith('{') ? given[at] !== '' : part === given[at])
}
