/** What must not come to light: credentials nowhere, buyers only in the rows that carry them. */
import type { OrderRow } from '../../../plugin.ts'
import type { MarketplaceCheck } from '../check.ts'
import { troubles } from '../faults.ts'
import { fail, leaveOut } from '../judge.ts'
import { jsonOf, leavesOf, rowsIn, setAt, valueAt } from '../spoil.ts'
import { type AnyPage, type AnyRow, fullRun, patiently, type RowTarget, walk } from '../walk.ts'
import type { KitRequest } from '../wire.ts'
import { inWorld, type World } from '../world.ts'
import { type MarketBench, ofAdapter, ofEachTarget } from './targets.ts'

const leastLetters = 5 // shorter ones stand in other words by chance

/** The sealed values of credentials. */
export const secretsOf = (world: Pick<World, 'account' | 'plugin'>): readonly string[] => {
  const credentials = world.account.credentials as Readonly<Record<string, unknown>>
  return world.plugin.secrets.map((name) => credentials[name])
    .filter((value): value is string => typeof value === 'string' && value.length >= leastLetters)
}

/** What rows tell of buyers, as far as it could be told apart. */
export const buyersOf = (rows: Iterable<AnyRow>): readonly string[] => {
  const values = new Set<string>()
  for (const row of rows) {
    const { customer } = row as Partial<OrderRow>
    for (
      const one of [customer?.name, customer?.phone, customer?.email, customer?.address?.line1]
    ) {
      if (one && one.length >= leastLetters) values.add(one)
    }
  }
  return [...values]
}

/** All that others may read: log, addresses, messages, words of refused rows. */
const saidBy = (
  { logged }: Pick<World, 'logged'>,
  requests: readonly KitRequest[],
  pages: readonly AnyPage[],
  errors: readonly string[],
): string =>
  JSON.stringify([
    logged,
    requests.map(({ url }) => decodeURIComponent(url.href.replaceAll('+', ' '))),
    pages.flatMap((page) => page.rejected.map(({ key, reason }) => [key, reason])),
    errors,
  ])

/** A run with every kind of trouble in it, and all that was said. */
const troubled = async (bench: MarketBench, target: RowTarget) => {
  const { rows } = await fullRun(bench, target)
  return await inWorld(bench, async (world) => {
    const errors: string[] = []
    const pages = [...await walk(world, target)]
    const first = secretsOf(world)
    for (const trouble of Object.values(troubles).flat()) {
      const context = world.context({ intercept: () => trouble.meddling })
      await walk(world, target, { context, patience: 0 }).catch((error: Error) =>
        errors.push(String(error.message), JSON.stringify(error))
      )
    }
    // rows that are spoiled, so that they are refused
    const context = world.context({
      intercept: () => ({
        change: (answer) => {
          const json = jsonOf(answer)
          const list = rowsIn(json, pages[0]?.received ?? 0)
          for (const row of list ?? []) {
            for (const path of leavesOf(row)) {
              if (typeof valueAt(row, path) === 'number') setAt(row, path, 'spoiled')
            }
            // a name in the place of an id
            const [id] = leavesOf(row)
            const [buyer] = buyersOf(rows.values())
            if (id && buyer) setAt(row, id, buyer)
          }
          return list ? { ...answer, text: JSON.stringify(json) } : answer
        },
      }),
    })
    await walk(world, target, { context, patience: 0, pages: 1 })
      .then((found) => pages.push(...found), (error: Error) => errors.push(error.message))
    const secrets = [...new Set([...first, ...secretsOf(world)])]
    return { said: saidBy(world, world.requests, pages, errors), secrets, rows, pages }
  })
}

const path = /^([\w-]+)(\[\])?(?:\.(.*))?$/

/** The value without what stands at the path. */
const without = (value: unknown, at: string): unknown => {
  const found = path.exec(at)
  if (!found || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const [, name = '', list, rest] = found
  const own = value as Readonly<Record<string, unknown>>
  if (!(name in own)) return value
  const inner = own[name]
  if (rest === undefined) return { ...own, [name]: null }
  const next = list && Array.isArray(inner)
    ? inner.map((one: unknown) => without(one, rest))
    : without(inner, rest)
  return { ...own, [name]: next }
}

export const privacyChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'silent-about-secrets',
    'No credential stands in a log, an address, a message or a row of the {rows}',
    'Send credentials in headers or bodies, and say nothing of them anywhere else',
    async (bench, target) => {
      const { said, secrets, pages } = await troubled(bench, target)
      if (secrets.length === 0) fail('the account has no sealed credential')
      const rows = JSON.stringify(pages)
      for (const secret of secrets) {
        if (said.includes(secret)) fail('a credential is told in a log, an address or a message')
        if (rows.includes(secret)) fail('a credential stands in a page')
      }
    },
  ),
  ...ofEachTarget(
    'silent-about-buyers',
    'No buyer stands in a log, an address, a message or the reason of a refusal of the {rows}',
    'Log numbers and ids; refuse by a word; let a key look like an id before it is told',
    async (bench, target) => {
      if (buyersOf((await fullRun(bench, target)).rows.values()).length === 0) {
        leaveOut(`the ${target.toLowerCase()} tell of no buyer`)
      }
      const { said, rows } = await troubled(bench, target)
      if (buyersOf(rows.values()).some((value) => said.includes(value))) {
        fail('a buyer is told in a log, an address, a message or a refusal')
      }
    },
  ),
  ofAdapter({
    id: 'pii-paths-cover-buyers',
    title: 'The paths of `pii` cover all that answers tell of buyers',
    remedy: 'List in `pii` every member that holds a name, an address, a number or a mail',
    leftOut: ({ plugin }) => plugin.adapter.syncOrders ? undefined : 'the adapter brings no orders',
    run: async (bench) => {
      const { rows, world } = await fullRun(bench, 'ORDERS')
      const buyers = buyersOf(rows.values())
      const told = [...rows.values()] as unknown as readonly OrderRow[]
      if (told.length > 0 && told.every(({ customer }) => customer === null)) {
        leaveOut('the orders tell of no buyer')
      }
      if (buyers.length === 0) fail('no row of the sample tells of a buyer')
      for (const { answer, url } of world.requests) {
        const json = answer && jsonOf(answer)
        const left = JSON.stringify(bench.plugin.pii.reduce<unknown>(without, json)) ?? ''
        if (buyers.some((value) => left.includes(value))) {
          fail(`an answer to ${url.pathname} tells of a buyer outside of the paths`)
        }
      }
    },
  }),
  ofAdapter({
    id: 'pii-paths-cover-tokens',
    title: 'The paths of `pii` cover the tokens that a refresh brings',
    remedy: 'List in `pii` the members of answers that hold tokens: answers are archived',
    leftOut: ({ plugin }) => plugin.adapter.refresh ? undefined : 'the adapter refreshes nothing',
    run: (bench) =>
      inWorld(bench, async (world) => {
        const context = world.context()
        await patiently(world, context, 2, async () => {
          world.account = {
            ...world.account,
            credentials: await bench.plugin.adapter.refresh?.(world.account, context),
          }
        })
        const secrets = secretsOf(world)
        if (secrets.length === 0) fail('the account has no sealed credential')
        if (world.requests.length === 0) leaveOut('a refresh asks the marketplace for nothing')
        for (const { answer, url } of world.requests) {
          const left = JSON.stringify(
            bench.plugin.pii.reduce<unknown>(without, answer && jsonOf(answer)),
          ) ?? ''
          if (secrets.some((secret) => left.includes(secret))) {
            fail(`an answer to ${url.pathname} tells a credential outside of the paths`)
          }
        }
      }),
  }),
]
