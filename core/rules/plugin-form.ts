/** The form of a plugin, member by member: one in plain JavaScript has had no compiler. */
import { z } from 'zod'
import { type Plugin, targets } from '../plugin.ts'
import type { Found } from './rule.ts'

const list = <T extends z.ZodType>(of: T) => z.array(of, 'must be a list')
const text = z.string('must be a text')
const run = z.custom((value) => typeof value === 'function', 'must be a function')
const schema = z.custom(
  (value) =>
    typeof (value as { '~standard'?: { validate?: unknown } } | null)?.['~standard']?.validate ===
      'function',
  'must be a Standard Schema',
)
const role = z.enum(
  ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'],
  'must be one of the five roles',
)
const member = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape, 'must be an object')
const days = z.int('must be a whole number of days').min(1, 'must be 1 or more')

const surface = {
  id: text,
  api: z.unknown(),
  version: text,
  config: schema.optional(),
  needs: list(text).optional(),
  migrations: list(member({
    id: z.number('must be a number'),
    sql: z.instanceof(URL, { message: 'must be a URL: new URL(…, import.meta.url)' }),
  })).optional(),
  tables: list(text).optional(),
  permissions: z.record(z.string(), list(role), 'must be an object').optional(),
  queues: list(
    member({ name: text, kind: z.enum(['fifo', 'standard'], 'must be fifo or standard') }),
  )
    .optional(),
  consumers: list(member({ queue: text, body: schema, handle: run })).optional(),
  sweeps: list(member({ id: text, cron: text, run })).optional(),
  routes: list(member({
    method: z.enum(['get', 'post', 'put', 'patch', 'delete'], 'must be a method in small letters'),
    path: z.string('must be a text').regex(/^(?:\/[\w.-]+|\/\{\w+\})+$/, 'must be a path: /a/{b}'),
    permission: text,
    params: schema.optional(),
    query: schema.optional(),
    body: schema.optional(),
    answer: schema,
    handle: run,
    replay: run.optional(),
  })).optional(),
  start: run.optional(),
}
const market = {
  ...surface,
  ...{ code: text, name: text, upstream: text, hosts: list(text), detailsTable: text },
  ...{ details: schema, credentials: schema, cursor: schema },
  ...{ secrets: list(text), pii: list(text) },
  schedule: z.partialRecord(z.enum(targets), text, 'must name targets of the contract').optional(),
  limits: list(member({
    operation: text,
    ratePerSecond: z.number('must be a number'),
    burst: z.number('must be a number'),
    rateHeader: text.optional(),
  })).optional(),
  claimWindowDays: days.optional(),
  retention: member({ piiDaysAfterDelivery: days.max(180, 'must be 180 or less') }).optional(),
  imports: list(member({
    ...{ id: text, name: text, signature: list(text), rows: run },
    target: z.enum(['ORDERS', 'RETURNS', 'PAYOUTS'], 'must be ORDERS, RETURNS or PAYOUTS'),
    ...{ sheet: text.optional(), groupBy: list(text).optional() },
  })).optional(),
  webhooks: list(member({ path: text, verify: run, read: run })).optional(),
  notifications: member({ queue: run, read: run }).optional(),
  adapter: member({
    verify: run,
    refresh: run.optional(),
    ...{ syncOrders: run.optional(), syncReturns: run.optional(), syncPayouts: run.optional() },
    ...{ pushInventory: run.optional(), readInventory: run.optional() },
    ...{ fetchDocument: run.optional(), fullProcessing: run.optional() },
  }),
}

/** The members whose form is looked at: of any plugin, and of a marketplace beside them. */
export const surfaceMembers: readonly string[] = Object.keys(surface)
export const marketMembers: readonly string[] = Object.keys(market)
  .filter((name) => !surfaceMembers.includes(name))

/** What does not have the form of the contract, as paths such as `queues[0].name`. */
export const formFaults = (plugin: Plugin): readonly Found[] => {
  const parsed = member('adapter' in plugin ? market : surface).safeParse(plugin)
  if (parsed.success) return []
  return parsed.error.issues.map((issue) => [pathOf(issue.path), issue.message])
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`
    return before === '' ? String(part) : `${before}.${String(part)}`
  }, '')

/** The member that a path begins with: `queues` of `queues[0].name`. */
export const memberOf = (path: string): string => path.split(/[.[]/)[0] ?? path

/** The plugin as rules can read it: what has not its form is left out, so that all is told at once. */
export const readable = <P extends Plugin>(plugin: P): P => {
  const members = new Set(formFaults(plugin).map(([path]) => memberOf(path)))
  const cleared = [...members].map((name) => [name, emptyOf(plugin, name)])
  return { ...plugin, ...Object.fromEntries(cleared) }
}

const emptyOf = (plugin: Plugin, name: string): unknown => {
  if (name === 'adapter') return { ...(plugin as { adapter?: object }).adapter }
  if (['hosts', 'secrets', 'pii'].includes(name)) return []
  return ['id', 'version', 'code', 'name', 'upstream', 'detailsTable'].includes(name)
    ? ''
    : undefined
}
