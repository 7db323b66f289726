/** How a route is declared: a permission, schemas and a handler, as data. */
import type { z } from '@hono/zod-openapi'
import type { Principal } from '../auth/principal.ts'
import type { Entry } from '../db/database.ts'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { Role, Schema } from '../plugin.ts'
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
  /** Signs the client in; null signs it out. */
  readonly session: (principal: Principal | null) => Promise<void>
  /** On public routes: who asks, if the request carries a living token. */
  readonly whoAsks: () => Promise<Principal | null>
}
export interface SellerCall extends Call {
  readonly principal: Principal
  readonly entry: Entry
  /** Asks the guard's table for the principal's role. */
  readonly may: (permission: string) => boolean
}
type CallOf<Permission> = Permission extends 'public' ? Call : SellerCall

export interface Input<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  /** Undefined where the body is optional and absent. */
  readonly body: Body
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** A route as the server keeps it. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With `{name}` for parameters. */
  readonly path: string
  /** One of the table, or `public`. */
  readonly permission: string
  readonly tag: string
  readonly summary: string
  readonly params?: Schema
  readonly query?: Schema
  readonly body?: Schema
  readonly bodyIsOptional?: boolean
  /**
   * The session is confirmed before the handler runs, for one round trip more: for handlers that do
   * something, or answer, before or without the seller's scope, which confirms it otherwise.
   */
  readonly confirmsFirst?: boolean
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
      'permission' | 'params' | 'query' | 'body' | 'answer' | 'bodyIsOptional' | 'handle'
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
    },
): Route => declared as unknown as Route

/** Declared problems and those that follow from what the route is. */
export const problemsOf = (route: Route): readonly ErrorCode[] => {
  const codes = new Set<ErrorCode>(['internal', 'database-unavailable', ...route.problems ?? []])
  const isPublic = route.permission === 'public'
  const changes = route.method !== 'get'
  if (!isPublic) codes.add('not-signed-in').add('session-over').add('forbidden')
  if (changes) codes.add('cross-site')
  if (changes && !isPublic) codes.add('seller-suspended')
  if (route.params !== undefined) codes.add('not-found')
  if (route.query !== undefined || route.body !== undefined) codes.add('invalid-request')
  if (route.body !== undefined) codes.add('payload-too-large').add('unsupported-media-type')
  return (Object.keys(errorTable) as ErrorCode[]).filter((code) => codes.has(code))
}

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

const faultOf = (route: Route, permissions: PermissionTable): string | undefined => {
  // the types ask for one; plugins in plain JavaScript have none to ask
  const permission: unknown = route.permission
  if (typeof permission !== 'string' || permission === '') return 'it declares no permission'
  if (permission !== 'public' && !permissions.has(permission)) {
    return `nobody declares its permission "${permission}"`
  }
  if (permission !== 'public' && (permissions.get(permission) as ReadonlySet<Role>).size === 0) {
    return `no role has its permission "${permission}"`
  }
  const names = [...route.path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name)
  if (names.length > 0 && route.params === undefined) return 'its parameters have no schema'
  return /^\/$|^(?:\/[\w.-]+|\/\{\w+\})+$/.test(route.path)
    ? undefined
    : 'its path has the wrong form'
}
