/** How a route is declared: a permission, schemas and a handler, as data. */
import type { z } from '@hono/zod-openapi'
import type { Principal, StaffPrincipal, UserPrincipal } from '../auth/principal.ts'
import type { OpenedSession } from '../auth/sessions.ts'
import type { Client } from '../auth/sign-in.ts'
import type { Entry } from '../db/database.ts'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { Schema } from '../plugin.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import type { PermissionTable } from '../rbac/permissions.ts'
import type { Exchange } from './exchange.ts'

/** What a handler is given besides its input. */
export interface Call {
  readonly requestId: string
  /** The client's address, as far as the network tells it. */
  readonly clientIp: string
  /** For the few answers that are no JSON of status 200. */
  readonly exchange: Exchange
  /** Adds a header to the answer. */
  readonly header: (name: 'location', value: string) => void
  /** What the client tells of itself, beside its address. */
  readonly client: Client
  /** As it came in the cookie; nobody has looked at it. */
  readonly refreshToken: string | undefined
  /** Signs the client in; null signs it out. */
  readonly session: (
    opened: (OpenedSession & { readonly deviceToken?: string }) | null,
  ) => Promise<void>
  /** On public routes: which person asks, if the request carries a living token. */
  readonly whoAsks: () => Promise<UserPrincipal | null>
}
export interface SellerCall extends Call {
  readonly principal: Principal
  readonly entry: Entry
  /** The marketplace accounts that the route's permission holds for; null: all. */
  readonly accounts: AccountLimit | null
  /** Whether the principal has another permission, too: everywhere, or for the account. */
  readonly may: (permission: string, accountId?: string) => boolean
  /** The accounts that another permission holds for: `only` none of them where it does not hold. */
  readonly reach: (permission: string) => AccountLimit | null
  /** The person behind the call. Throws `not-for-keys`, `not-for-staff`. */
  readonly person: () => UserPrincipal
}
/** Of a route whose permission begins with `staff:`. */
export interface StaffCall extends Call {
  readonly staff: StaffPrincipal
}
type CallOf<Permission> = Permission extends 'public' ? Call
  : Permission extends `staff:${string}` ? StaffCall
  : SellerCall

export interface Input<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  /** Undefined where the body is optional and absent. */
  readonly body: Body
}

/** A file on its way in, never held whole. */
export interface UploadRule {
  readonly maxBytes: number
  /** Content types that it may come as. */
  readonly types: readonly string[]
}
export interface Upload {
  readonly mime: string
  readonly chunks: AsyncIterable<Uint8Array>
}
export interface Received {
  /** What the handler is given as its body. */
  readonly body: unknown
  /** Tells this file from others, for the Idempotency-Key. */
  readonly print: unknown
}

/** A request as it came, for who checks a signature over it. */
export interface RawRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Names in small letters, without our cookies. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** A route as the server keeps it. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With `{name}` for parameters. */
  readonly path: string
  /** One of the table, or `public`, or `staff:<act>` for a route of staff. */
  readonly permission: string
  readonly tag: string
  readonly summary: string
  readonly params?: Schema
  readonly query?: Schema
  readonly body?: Schema
  readonly bodyIsOptional?: boolean
  /** The body is a file: `receive` takes it in, and what it makes of it is the handler's body. */
  readonly upload?: UploadRule
  /** The handler's body is a `RawRequest`, of any content type that is text. */
  readonly raw?: { readonly maxBytes: number }
  /** Of a public route: what its requests count for, where that is not the address alone. */
  readonly countsFor?: 'gateway'
  /**
   * The session is confirmed before the handler runs, for one round trip more: for handlers that do
   * something, or answer, before or without the seller's scope, which confirms it otherwise.
   */
  readonly confirmsFirst?: boolean
  /** The handler heeds `call.accounts`; else whoever has a limit is refused. */
  readonly limitsAccounts?: boolean
  /** Open to the people of a suspended seller although it changes something: of themselves. */
  readonly evenSuspended?: boolean
  /** Asks for a proof of identity within the last ten minutes, so for a person. */
  readonly stepUp?: boolean
  /**
   * `required`: the request must carry an Idempotency-Key, and the handler makes its effect by
   * `db.makeInSellerScope(entry, …)`. `never`: a repetition does no harm. Every POST below /v1 says
   * one of them; those that sign in or out need none.
   */
  readonly once?: 'required' | 'never'
  /** Counts for no rate limit: health and documentation, which know nothing of anybody. */
  readonly unlimited?: boolean
  /** 1 MiB unless it says less. */
  readonly maxBodyBytes?: number
  /** 204 without a body when there is none. */
  readonly answer?: Schema
  readonly status?: number
  /** The content type of a public route whose handler makes the whole answer itself. */
  readonly produces?: string
  /** What else can be wrong; what follows from the declaration is added by itself. */
  readonly problems?: readonly ErrorCode[]
  readonly examples?: { readonly body?: unknown; readonly answer?: unknown }
  /** Shown in the documentation beside the answer. */
  readonly answerHeaders?: Readonly<Record<string, string>>
  /** JSON schemas for the documentation, in place of those that the schemas above would give. */
  readonly described?: Readonly<Partial<Record<'params' | 'query' | 'body' | 'answer', JsonSchema>>>
  // a method and no property: methods may narrow what they take, so that one list holds all routes
  handle(input: Input, call: Call): unknown
  /** Of an upload: runs once for a request, before the handler and behind the guard. */
  receive?(input: Input, call: Call, file: Upload): Promise<Received>
  /** The answer to a repeated request, by what the first one made. */
  replay?(resourceId: string, call: Call): unknown
}

type Out<S> = S extends z.ZodType ? z.output<S> : undefined
/** A whole Response is for what is no JSON of the declared status. */
type Handled<S> = (S extends z.ZodType ? z.input<S> : void) | Response

/** A handler's answer is checked by the compiler against the schema, and by nothing at run time. */
export const route = <
  const Permission extends string,
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
  const Optional extends boolean = false,
>(
  declared:
    & Omit<
      Route,
      | 'permission'
      | 'params'
      | 'query'
      | 'body'
      | 'answer'
      | 'bodyIsOptional'
      | 'handle'
      | 'replay'
    >
    & {
      readonly permission: Permission
      readonly params?: Params
      readonly query?: Query
      readonly body?: Body
      readonly bodyIsOptional?: Optional
      readonly answer?: A
      readonly handle: (
        input: Input<
          Out<Params>,
          Out<Query>,
          Out<Body> | (Optional extends true ? undefined : never)
        >,
        call: CallOf<Permission>,
      ) => Handled<A> | Promise<Handled<A>>
      readonly replay?: (
        resourceId: string,
        call: CallOf<Permission>,
      ) => Handled<A> | Promise<Handled<A>>
    },
): Route => declared as unknown as Route

/** Declared problems and those that follow from what the route is. */
export const problemsOf = (route: Route): readonly ErrorCode[] => {
  const codes = new Set<ErrorCode>(['internal', 'database-unavailable', ...route.problems ?? []])
  const isPublic = route.permission === 'public'
  const ofSeller = !isPublic && !isStaffRoute(route)
  const changes = route.method !== 'get'
  if (!isPublic) codes.add('not-signed-in').add('session-over').add('forbidden')
  if (ofSeller) codes.add('out-of-scope').add('not-for-keys')
  if (ofSeller) codes.add('not-for-staff').add('impersonation-over')
  if (route.stepUp === true) codes.add('step-up-required')
  if (changes) codes.add('cross-site')
  if (changes && ofSeller) codes.add('read-only-session')
  if (changes && ofSeller && route.evenSuspended !== true) codes.add('seller-suspended')
  if (route.once === 'required') codes.add('idempotency-key-missing')
  if (route.once === 'required') codes.add('idempotency-in-flight').add('idempotency-key-reused')
  if (isLimited(route)) codes.add('quota-exceeded')
  if (route.params !== undefined) codes.add('not-found')
  const hasBody = [route.body, route.upload, route.raw].some((body) => body !== undefined)
  if (route.query !== undefined || hasBody) codes.add('invalid-request')
  if (hasBody) codes.add('payload-too-large').add('unsupported-media-type')
  if (hasBody) codes.add('request-timeout')
  return (Object.keys(errorTable) as ErrorCode[]).filter((code) => codes.has(code))
}

/** Counts for a rate limit. */
export const isLimited = ({ unlimited }: Pick<Route, 'unlimited'>): boolean => unlimited !== true

export const isStaffRoute = ({ permission }: Pick<Route, 'permission'>): boolean =>
  permission.startsWith('staff:')

/** Throws one message with every fault of every route: then nothing is served. */
export const checkRoutes = (routes: readonly Route[], permissions: PermissionTable): void => {
  const seen = new Set<string>()
  const faults = routes.flatMap((route) => {
    const name = `${route.method.toUpperCase()} ${route.path}`
    const shape = `${route.method} ${route.path.replaceAll(/\{[^}]*\}/g, '{}')}`
    const why = faultOf(route, permissions) ??
      (seen.has(shape) ? 'another route has the same method and path' : undefined)
    seen.add(shape)
    return why === undefined ? [] : [`Cannot serve ${name}: ${why}`]
  })
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

/** A request that is sent twice must not act twice by somebody's oversight. */
const onceFault = (route: Route): string | undefined => {
  const { method, path, once, replay } = route
  if (once === 'required') {
    const isInside = !isPublic(route) && !isStaffRoute(route)
    if (method !== 'post' || !isInside) return 'only a POST inside a seller takes a key'
    return replay === undefined ? 'a repeated request would have no answer' : undefined
  }
  const mustSay = method === 'post' && !isPublic(route) && !path.startsWith('/v1/auth/')
  return mustSay && once === undefined
    ? "declare `once: 'required'` with `replay`, or `once: 'never'` where a repetition does no harm"
    : undefined
}

const isPublic = ({ permission }: Route): boolean => permission === 'public'

const faultOf = (route: Route, permissions: PermissionTable): string | undefined => {
  // the types ask for one; plugins in plain JavaScript have none to ask
  const permission: unknown = route.permission
  if (typeof permission !== 'string' || permission === '') return 'it declares no permission'
  if (permission !== 'public' && !isStaffRoute({ permission })) {
    const row = permissions.get(permission)
    if (row === undefined) return `nobody declares its permission "${permission}"`
    if (row.roles.length === 0) return `no role has its permission "${permission}"`
  }
  const once = onceFault(route)
  if (once !== undefined) return once
  const names = [...route.path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name)
  if (names.length > 0 && route.params === undefined) return 'its parameters have no schema'
  return /^\/$|^(?:\/[\w.-]+|\/\{\w+\})+$/.test(route.path)
    ? undefined
    : 'its path has the wrong form'
}
