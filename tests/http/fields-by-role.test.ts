/** Which members of each answer each role sees: a table, so that a new one is seen to be new. */
import { describe, expect, it } from 'vitest'
import type { Route } from '../../core/http/route.ts'
import { roles } from '../../core/rbac/permissions.ts'
import { accountId, buyer, orderId, runId } from './fake-services.ts'
import { makeWorld, type World } from './fakes.ts'

const buyerWords = [
  ...[buyer.name, '98765', '43212', 'asha.rao', '12 Laxmi Road', 'Near the well', '411014'],
]
const order = 'id marketplace_account_id marketplace external_order_id status raw_status on_hold ' +
  'ordered_at source_updated_at ship_by currency total_paise fulfilled_by state_code item_count ' +
  'customer_erased_at'
const customer = 'customer customer.name customer.phone customer.email customer.address ' +
  'customer.address.line1 customer.address.line2 customer.address.city customer.address.state ' +
  'customer.address.postal_code'
const principal = 'id marketplace_account_id marketplace external_order_id status ordered_at'
const account = 'id marketplace external_account_id name needs_reconnect reconnect_reason ' +
  'paused_at pause_reason last_validated_at last_validation_status targets created_at schedules'
const targetHealth = 'target last_good_at last_run_state last_failure next_run_at waiting dead ' +
  'attempts last_error'
const run =
  'id marketplace_account_id target reason state window_from window_to pages received new ' +
  'changed unchanged rejected rejected_reasons unknown_words failure created_at started_at ' +
  'finished_at'
const key = 'id name prefix scopes allowed_ips created_at created_by_user_id expires_at ' +
  'last_used_at last_used_ip rotated_to rotated_from'
const override = 'id user_id permission effect account_id reason expires_at created_at ' +
  'created_by_user_id'
const below = (name: string, members: string): string =>
  members.split(' ').map((member) => `${name}.${member}`).join(' ')
const paged = (members: string): string => `data page page.next ${below('data', members)}`

/**
 * By route: who sees the answer, and its members. `clear`: those of them to whom buyers are shown
 * unmasked; to the others no word of a buyer comes through.
 */
const hits = 'searched data ' +
  below('data', 'kind id title matched exact marketplace_account_id at href')
const table: Readonly<Record<string, { who: string; members: string; clear?: string }>> = {
  'GET /v1/me': {
    who: 'OAPFV',
    members: 'user user.id user.role seller seller.id seller.name seller.status permissions ' +
      'support_sessions',
  },
  'GET /v1/orders': { who: 'OAPFV', members: paged(order) },
  'GET /v1/orders?include=customer': {
    who: 'OAPFV',
    members: paged(`${order} ${customer}`),
    clear: 'OAP',
  },
  'GET /v1/orders/{id}': {
    who: 'OAPFV',
    members: `${order} ${customer} items created_at updated_at job_run_id`,
    clear: 'OAP',
  },
  'GET /v1/orders/{id}/timeline': {
    who: 'OAPFV',
    members: paged(
      'at kind state raw shipment_id return_id data source source.kind source.marketplace ' +
        'source.run_id source.actor',
    ).replace('page page.next ', ''),
  },
  'GET /v1/orders/{id}/documents': {
    who: 'OAPF',
    members: paged(
      'id marketplace_account_id order_id shipment_id manifest_id type source mime byte_size ' +
        'sha256 created_at',
    ),
  },
  'POST /v1/orders/{id}/reveal': {
    who: 'OAPF',
    members: `order_id customer customer.phone`,
    clear: 'OAPF',
  },
  'GET /v1/search?q=S-1001': { who: 'OAPFV', members: hits },
  'POST /v1/search': { who: 'OAPFV', members: hits },
  'POST /v1/data-principals/find': {
    who: 'OA',
    members: `${paged(principal)} data.holds total raw_rows`,
  },
  'POST /v1/data-principals/export': {
    who: 'OA',
    members: paged(
      `${principal} currency total_paise ${customer} items shipments returns documents`,
    ),
    clear: 'OA',
  },
  'POST /v1/data-principals/erase': {
    who: 'OA',
    members: 'id orders erasures stays ' + below('stays', 'what until') + ' ' +
      below('erasures', 'id marketplace_account_id orders fields documents raw_rows'),
  },
  'GET /v1/marketplaces': { who: 'OAPFV', members: paged('code name targets') },
  'GET /v1/marketplace-accounts': { who: 'OAPFV', members: paged(account) },
  'POST /v1/marketplace-accounts': { who: 'OA', members: account },
  'GET /v1/marketplace-accounts/{id}': { who: 'OAPFV', members: account },
  'PATCH /v1/marketplace-accounts/{id}': { who: 'OAP', members: account },
  'GET /v1/marketplace-accounts/{id}/health': {
    who: 'OAPFV',
    members: 'state reason fix last_good_sync next_run breaker breaker.opened_at ' +
      'breaker.next_probe_at credentials credentials.given_at credentials.renew_by ' +
      `targets ${below('targets', targetHealth)}`,
  },
  'GET /v1/marketplace-accounts/{id}/credential-events': {
    who: 'OAPFV',
    members: paged('id kind message run_id created_at'),
  },
  'PUT /v1/marketplace-accounts/{id}/credentials': { who: 'OA', members: account },
  'PATCH /v1/marketplace-accounts/{id}/schedules/{target}': {
    who: 'OAP',
    members: 'target cron paused next_run_at',
  },
  'POST /v1/marketplace-accounts/{id}/backfill': {
    who: 'OAP',
    members: `run ${below('run', run)}`,
  },
  'POST /v1/marketplace-accounts/{id}/sync': {
    who: 'OAP',
    members: `run ${below('run', run)}`,
  },
  'GET /v1/runs': { who: 'OAPFV', members: paged(run) },
  'GET /v1/runs/{id}': { who: 'OAPFV', members: run },
  'GET /v1/permissions': {
    who: 'OAPFV',
    members: paged('permission what roles keys staff by_account grantable deniable plugin'),
  },
  'GET /v1/permissions/explain?permission=orders:read': {
    who: 'OAPFV',
    members: 'permission allowed decided_by role overrides accounts until reading_only',
  },
  'GET /v1/users/{id}/overrides': { who: 'OA', members: paged(override) },
  'POST /v1/users/{id}/overrides': { who: 'O', members: override },
  'GET /v1/api-keys': { who: 'OA', members: paged(key) },
  'POST /v1/api-keys': { who: 'OA', members: `${key} secret` },
  'POST /v1/api-keys/{id}/rotate': { who: 'OA', members: `${key} secret` },
}

/** Paths of all members, those of lists without their place in it. */
const membersOf = (value: unknown): readonly string[] => {
  const found = new Set<string>()
  const walk = (one: unknown, path: string): void => {
    if (Array.isArray(one)) { for (const item of one) walk(item, path) }
    else if (typeof one === 'object' && one !== null) {
      for (const [name, member] of Object.entries(one)) {
        const here = path === '' ? name : `${path}.${name}`
        found.add(here)
        walk(member, here)
      }
    }
  }
  walk(value, '')
  return [...found].toSorted()
}
const letterOf = { OWNER: 'O', ADMIN: 'A', OPERATOR: 'P', FINANCE: 'F', VIEWER: 'V' } as const

const send = async (world: World, name: string, cookie: string) => {
  const [method = '', target = ''] = name.split(' ')
  const [path = '', query] = target.split('?')
  const route = world.app.routes.find((one) => isRoute(one, method, path))
  if (route === undefined) throw new Error(`Nobody serves ${name}`)
  const ids: Readonly<Record<string, string>> = { orders: orderId, runs: runId }
  const id = ids[path.split('/')[2] ?? ''] ?? accountId
  const response = await world.ask(
    path.replace('{id}', id).replace('{target}', 'ORDERS') +
      (query === undefined ? '' : `?${query}`),
    {
      method,
      cookie,
      headers: { 'idempotency-key': 'one' },
      ...(route.body === undefined ? {} : { json: bodyOf(route) }),
    },
  )
  return { status: response.status, text: await response.text() }
}
/** The example, with the marketplace that there is here. */
const bodyOf = ({ examples }: Route): unknown => {
  const body = examples?.body as Readonly<Record<string, unknown>>
  return 'marketplace' in body ? { ...body, marketplace: 'BAZAAR' } : body
}
const isRoute = (route: Route, method: string, path: string): boolean =>
  route.method.toUpperCase() === method && route.path === path

describe('the members of an answer', () => {
  it.each(Object.entries(table))('of %s are those of the table', async (name, row) => {
    const world = await makeWorld({ steppedUp: true })
    for (const role of roles) {
      const { cookie } = await world.signedIn(world.addUser(role))
      const { status, text } = await send(world, name, cookie)
      const cell = `${name} ${role}`
      if (!row.who.includes(letterOf[role])) {
        expect(status, cell).toBe(403)
        expect(membersOf(JSON.parse(text)), cell).toEqual(
          ['code', 'detail', 'instance', 'status', 'title', 'type'],
        )
        continue
      }
      expect(status, `${cell}: ${text}`).toBeLessThan(300)
      expect(membersOf(JSON.parse(text)), cell).toEqual(row.members.split(' ').toSorted())
      const isClear = row.clear?.includes(letterOf[role]) === true
      const seen = buyerWords.filter((word) => text.includes(word))
      if (!isClear) expect(seen, cell).toEqual([])
      else expect(seen.length, cell).toBeGreaterThan(0)
    }
  })

  it('are in the table for every route of this part', async () => {
    const parts =
      /^\/v1\/(?:me$|orders|marketplace|runs|permissions|api-keys|users\/\{id\}\/overrides|search|data-principals)/
    const { app } = await makeWorld()
    const served = app.routes
      .filter(({ path, answer }) => parts.test(path) && answer !== undefined)
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    const known = new Set(Object.keys(table).map((name) => name.split('?')[0]))
    expect(served.length).toBeGreaterThan(14)
    expect(served.filter((name) => !known.has(name))).toEqual([])
  })
})
