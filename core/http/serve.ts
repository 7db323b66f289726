/** The way of a request through a route: site, session, guard, input, handler, answer. */
import type { Context } from 'hono'
import { entryOf, type StaffPrincipal } from '../auth/principal.ts'
import { fault, hasCode } from '../errors.ts'
import type { Schema } from '../plugin.ts'
import { findStaff } from './actor.ts'
import { bodyLimit, readJson, readText, readUpload } from './body.ts'
import {
  clearedCookie,
  clearedRefreshCookie,
  deviceCookie,
  deviceCookieName,
  readCookie,
  refreshCookie,
  refreshCookieName,
  sessionCookie,
} from './cookie.ts'
import { type Credential, credentialOf } from './credential.ts'
import { refuseCrossSite } from './cross-site.ts'
import { type Env, type Exchange, jsonAnswer } from './exchange.ts'
import { countRequest } from './limits.ts'
import { handleOnce, type Idempotency, readKey } from './once.ts'
import { type Call, type Input, isStaffRoute, type Received, type Route } from './route.ts'
import type { RawRequest, SellerCall, StaffCall } from './route.ts'
import {
  type Admitted,
  openSession,
  personOf,
  type SessionDeps,
  stepUpMs,
  whoAsks,
} from './session.ts'
import { validate } from './validate.ts'

export interface ServeDeps extends SessionDeps {
  /** Our own origin where a proxy hides it from the request. */
  readonly origin?: string
  readonly idempotency: Idempotency
}

/** The handler that Hono calls for the route. Throws; the application answers for errors. */
export const serveRoute = (deps: ServeDeps, route: Route) => {
  const isPublic = route.permission === 'public'
  const status = route.status ?? (route.answer === undefined ? 204 : 200)
  const answer = answerOf(deps, route)
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
    const value = await countingStrangers(deps, exchange, () => answer(c, credential))
    if (!(value instanceof Response)) return jsonAnswer(exchange, status, value)
    value.headers.set('x-request-id', exchange.requestId)
    return value
  }
}

/** Who is known counts for a seller or for staff; who turns out to be nobody, for the address. */
const countingStrangers = async <T>(
  { limits }: ServeDeps,
  exchange: Exchange,
  work: () => Promise<T>,
): Promise<T> => {
  const sender = { kind: 'address', ip: exchange.peer.ip } as const
  const { permission, unlimited, countsFor = sender.kind } = exchange.route ?? {}
  if (permission === 'public' && unlimited !== true) {
    await countRequest(limits, exchange, { ...sender, kind: countsFor })
  }
  try {
    return await work()
  } catch (error) {
    const isNobody = hasCode(error, 'not-signed-in') || hasCode(error, 'push-refused')
    if (isNobody) await countRequest(limits, exchange, sender)
    throw error
  }
}

type Answer = (c: Context<Env>, credential: Credential) => Promise<unknown>

const answerOf = (deps: ServeDeps, route: Route): Answer => {
  if (route.permission === 'public') {
    return async (c, credential) =>
      await route.handle(await readInput(route, c), callOf(deps, c, credential))
  }
  return isStaffRoute(route) ? answerToStaff(deps, route) : answerToSeller(deps, route)
}

const answerToStaff = (deps: ServeDeps, route: Route): Answer => async (c, credential) => {
  const staff = await findStaff(deps, credential)
  await countRequest(deps.limits, c.env.exchange, { kind: 'staff', id: staff.superAdminId })
  if (route.stepUp === true) requireStaffStepUp(staff, deps.now())
  const call: StaffCall = { ...callOf(deps, c, credential), staff }
  const input = await readInput(route, c)
  // their acts are recorded by who does them
  if (route.method === 'get') await deps.staff.record(staff, recordOf(route))
  return await route.handle(input, call)
}

const recordOf = ({ method, path }: Route) => ({ method, route: path })

const requireStaffStepUp = ({ steppedUpAt }: StaffPrincipal, now: Date): void => {
  if (steppedUpAt.getTime() + stepUpMs <= now.getTime()) throw fault('step-up-required')
}

const answerToSeller = (deps: ServeDeps, route: Route): Answer => async (c, credential) => {
  const { exchange } = c.env
  // judged before the input is read: who may not ask learns nothing of how to ask
  const session = await openSession(deps, exchange, credential, route)
  const key = route.once === 'required' ? readKey(c.req.raw.headers) : undefined
  const input = await readInput(route, c)
  const call = callOf(deps, c, credential)
  let received: Received | undefined
  return await session.run(async (admitted) => {
    const { principal } = admitted
    // what staff look at is written down before they see it, and what they do before it is done
    if (principal.kind === 'impersonator') await deps.staff.record(principal, recordOf(route))
    const ofSeller = sellerCallOf(call, admitted)
    // a body can be read once, and a handler may run twice
    received ??= await receive(route, input, ofSeller, c.req.raw)
    const whole = received === undefined ? input : { ...input, body: received.body }
    if (key === undefined) return await route.handle(whole, ofSeller)
    const request = { key, path: c.req.path, input: whole, print: received?.print }
    return await handleOnce(deps.idempotency, route, request, ofSeller)
  })
}

const receive = async (
  route: Route,
  input: Input,
  call: SellerCall,
  request: Request,
): Promise<Received | undefined> =>
  route.upload && await route.receive?.(input, call, readUpload(request, route.upload))

const callOf = ({ auth, now }: ServeDeps, c: Context<Env>, credential: Credential): Call => {
  const { exchange } = c.env
  const { headers } = c.req.raw
  const cookies = headers.get('cookie')
  return {
    requestId: exchange.requestId,
    clientIp: exchange.peer.ip,
    client: {
      ip: exchange.peer.ip,
      userAgent: headers.get('user-agent'),
      deviceToken: readCookie(cookies, deviceCookieName),
    },
    refreshToken: readCookie(cookies, refreshCookieName),
    exchange,
    header: (name, value) => {
      exchange[name] = value
    },
    session: async (opened) => {
      if (opened === null) {
        exchange.cookie = clearedCookie
        exchange.moreCookies = [clearedRefreshCookie]
        return
      }
      const { principal, refresh, deviceToken } = opened
      const seconds = Math.floor((refresh.expiresAt.getTime() - now().getTime()) / 1000)
      exchange.cookie = sessionCookie(await auth.issue(principal))
      exchange.moreCookies = [
        refreshCookie(refresh.token, Math.max(seconds, 0)),
        ...(deviceToken === undefined ? [] : [deviceCookie(deviceToken)]),
      ]
    },
    whoAsks: () => whoAsks(auth, credential),
  }
}

const sellerCallOf = (
  call: Call,
  { principal, accounts, may, reach }: Admitted,
): SellerCall => ({
  ...call,
  principal,
  entry: entryOf(principal),
  accounts,
  may,
  reach,
  person: () => personOf(principal),
})

const readInput = async (route: Route, c: Context<Env>): Promise<Input> => ({
  params: route.params === undefined ? undefined : await readParams(route.params, c.req.param()),
  query: route.query === undefined
    ? undefined
    : await validate(route.query, queryOf(c.req.url), 'query'),
  body: route.raw !== undefined
    ? await readRaw(c.req.raw, route.raw.maxBytes)
    : route.body === undefined
    ? undefined
    : await readBody(route, route.body, c.req.raw),
})

const readRaw = async (request: Request, maxBytes: number): Promise<RawRequest> => {
  const { pathname, search } = new URL(request.url)
  const headers = [...request.headers].filter(([name]) => name !== 'cookie')
  return {
    method: request.method,
    path: pathname + search,
    headers: Object.fromEntries(headers),
    body: await readText(request, maxBytes),
  }
}

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
