/** Mounts the routes of plugins below /v1, behind the same guard as our own. */
import { z } from '@hono/zod-openapi'
import type { Entry } from '../db/database.ts'
import type { JobContext, Reach, Route as PluginRoute, Schema } from '../plugin.ts'
import type { Call, JsonSchema, Route, SellerCall } from './route.ts'

export interface PluginMount {
  readonly pluginId: string
  readonly routes: readonly PluginRoute[]
  /** The context of one request: the seller's scope, the plugin's hosts and config. */
  readonly contextOf: (
    request: {
      readonly entry: Entry
      readonly requestId: string
      readonly signal: AbortSignal
      /** The accounts for which whoever asks has a permission; null: all. */
      readonly reach: (permission: string) => Reach | null
    },
  ) => JobContext
}

const limitMs = 30_000 // whoever asked has given up by then

/**
 * An answer is checked by its schema as a plugin's rows are: what the plugin did not declare does
 * not leave the house. A handler that returns nothing answers `{"ok": true}`.
 */
export const pluginRoutes = (mounts: readonly PluginMount[]): readonly Route[] =>
  mounts.flatMap((mount) =>
    mount.routes.map((one) => {
      // its handler is given a seller's scope, and nobody's is no scope
      if (one.permission !== 'public') return mounted(mount, one)
      throw new Error(
        `Cannot serve ${one.path} of plugin "${mount.pluginId}": it must not be public`,
      )
    })
  )

const mounted = ({ pluginId, contextOf }: PluginMount, one: PluginRoute): Route => {
  const { replay } = one
  const contextFor = ({ entry, requestId, reach }: SellerCall): JobContext =>
    contextOf({ entry, requestId, signal: AbortSignal.timeout(limitMs), reach })
  const checked = async (answer: unknown): Promise<unknown> => {
    if (answer === undefined) return { ok: true }
    const result = await one.answer['~standard'].validate(answer)
    if (result.issues === undefined) return result.value
    throw new Error(
      `Cannot answer ${one.path}: the answer is not what plugin "${pluginId}" declares`,
    )
  }
  return {
    method: one.method,
    path: `/v1${one.path}`,
    // may be absent all the same, in plain JavaScript: checkRoutes looks
    permission: one.permission,
    tag: pluginId,
    summary: one.summary,
    // nobody knows what it does before it opens a scope
    confirmsFirst: true,
    ...describedParts(one),
    status: 200,
    once: replay === undefined ? 'never' : 'required',
    handle: async (input, call) =>
      await checked(await one.handle(input, contextFor(call as SellerCall))),
    ...(replay === undefined ? {} : {
      replay: async (resourceId: string, call: Call) =>
        await checked(await replay(resourceId, contextFor(call as SellerCall))),
    }),
  }
}

const describedParts = ({ params, query, body, answer }: PluginRoute) => {
  const parts = { params, query, body, answer }
  const given = Object.entries(parts).filter(
    (part): part is [keyof typeof parts, Schema] => part[1] !== undefined,
  )
  return {
    ...Object.fromEntries(given) as Partial<Record<keyof typeof parts, Schema>>,
    described: Object.fromEntries(
      given.map(([name, schema]) => [name, jsonSchemaOf(schema, name === 'answer')]),
    ),
  }
}

const open: JsonSchema = { type: 'object' }

/**
 * The plugin may bring a copy of zod of its own. A schema of another vendor, or of another process, may
 * describe itself (Standard JSON Schema); what does not is described as an open object.
 */
const jsonSchemaOf = (schema: Schema, isOutput: boolean): JsonSchema => {
  try {
    const { $schema: _dialect, ...described } = describedBy(schema, isOutput ? 'output' : 'input')
    return described
  } catch {
    return open
  }
}

interface Describing {
  readonly jsonSchema?: Readonly<
    Record<'input' | 'output', (options: { readonly target: string }) => unknown>
  >
}
const describedBy = (schema: Schema, io: 'input' | 'output'): Record<string, unknown> => {
  if (schema['~standard'].vendor === 'zod' && '_zod' in schema) {
    return z.toJSONSchema(schema as unknown as z.ZodType, { io, unrepresentable: 'any' })
  }
  const { jsonSchema } = schema['~standard'] as Schema['~standard'] & Describing
  return z.record(z.string(), z.unknown()).parse(jsonSchema?.[io]({ target: 'draft-2020-12' }))
}
