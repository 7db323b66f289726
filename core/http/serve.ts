/** The way of a request through a route: site, session, guard, input, handler, answer. */
import type { Context } from 'hono'
import type { Auth } from '../auth/auth.ts'
import { entryOf, type Principal } from '../auth/principal.ts'
import { fault } from '../errors.ts'
import type { Schema } from '../plugin.ts'
import { may, type PermissionTable } from '../rbac/permissions.ts'
import { bodyLimit, readJson } from './body.ts'
import { clearedCookie, sessionCookie } from './cookie.ts'
import { refuseCrossSite } from './cross-site.ts'
import { type Env, type Exchange, jsonAnswer } from './exchange.ts'
import type { Call, Input, Route, SellerCall } from './route.ts'
import { type Credential, credentialOf, openSession, whoAsks } from './session.ts'
import { validate } from './validate.ts'

export interface ServeDeps {
  readonly auth: Auth
  readonly permissions: PermissionTable
  readonly now: () => Date
  /** Our own origin where a proxy hides it from the request. */
  readonly origin?: string
}

/** The handler that Hono calls for the route. Throws; the application answers for errors. */
export const serveRoute = (deps: ServeDeps, route: Route) => {
  const isPublic = route.permission === 'public'
  const status = route.status ?? (route.answer === undefined ? 204 : 200)
  return async (c: Context<Env>): Promise<Response> => {
    const { exchange } = c.env
    const request = c.req.raw
    exchange.route = route
    const credential = credentialOf(request.headers)
    exchange.hasCookie = credential.hasCookie
    // a public route that changes something sets the cookie: nobody shall be signed in unasked
    refuseCrossSite(request, {
      hasCookie: credential.hasCookie || isPublic,
      origin: deps.origin,
    })
    const call = callOf(deps, exchange, credential)
    let value: unknown
    if (isPublic) value = await route.handle(await readInput(route, c), call)
    else {
      // judged before the input is read: who may not ask learns nothing of how to ask
      const session = await openSession(deps, exchange, credential, route)
      const input = await readInput(route, c)
      value = await session.run(async (principal) =>
        await route.handle(input, sellerCallOf(deps.permissions, call, principal))
      )
      await session.renew()
    }
    return value instanceof Response ? value : jsonAnswer(exchange, status, value)
  }
}

const callOf = ({ auth }: ServeDeps, exchange: Exchange, credential: Credential): Call => ({
  requestId: exchange.requestId,
  clientIp: exchange.peer.ip,
  exchange,
  header: (name, value) => {
    exchange[name] = value
  },
  session: async (principal) => {
    exchange.cookie = principal === null
      ? clearedCookie
      : sessionCookie(await auth.issue(principal))
  },
  whoAsks: () => whoAsks(auth, credential),
})

const sellerCallOf = (table: PermissionTable, call: Call, principal: Principal): SellerCall => ({
  ...call,
  principal,
  entry: entryOf(principal),
  may: (permission) => may(table, principal.role, permission),
})

const readInput = async (route: Route, c: Context<Env>): Promise<Input> => ({
  params: route.params === undefined ? undefined : await readParams(route.params, c.req.param()),
  query: route.query === undefined
    ? undefined
    : await validate(route.query, queryOf(c.req.url), 'query'),
  body: route.body === undefined ? undefined : await readBody(route, route.body, c.req.raw),
})

/** What cannot be an id is an id that does not exist: both answer with the same bytes. */
const readParams = async (schema: Schema, params: unknown): Promise<unknown> => {
  try {
    return await validate(schema, params, 'params')
  } catch {
    throw fault('not-found')
  }
}

/** A parameter that stands there twice is a list, which no schema of one value takes. */
const queryOf = (url: string): Record<string, string | string[]> => {
  const at = url.indexOf('?')
  if (at < 0) return {}
  const params = new URLSearchParams(url.slice(at + 1))
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const [first = '', ...others] = params.getAll(name)
      return [name, others.length === 0 ? first : [first, ...others]]
    }),
  )
}

const readBody = async (route: Route, schema: Schema, request: Request): Promise<unknown> => {
  const body = await readJson(request, route.maxBodyBytes ?? bodyLimit)
  if (body === undefined && route.bodyIsOptional === true) return undefined
  return await validate(schema, body, 'body')
}
