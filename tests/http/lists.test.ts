/** Lists: their cursors, their filters, and buyers by role. */
import { describe, expect, it, vi } from 'vitest'
import { cookieName } from '../../core/http/cookie.ts'
import type { Orders } from '../../core/http/services.ts'
import { roles } from '../../core/rbac/permissions.ts'
import { accountId, buyer, orderId } from './fake-services.ts'
import { makeWorld } from './fakes.ts'

interface Page {
  readonly data: readonly { readonly customer?: unknown; readonly ordered_at: string }[]
  readonly page: { readonly next: string | null }
}
const worldWith = async () => {
  const list = vi.fn<Orders['list']>((_entry, { after }) =>
    Promise.resolve({
      orders: [],
      next: after === undefined ? { orderedAt: new Date(1_700_000_000_123), id: orderId } : null,
    })
  )
  const world = await makeWorld({
    services: { orders: { list, get: () => Promise.resolve(null) } },
  })
  const user = world.addUser()
  const { cookie } = await world.signedIn(user)
  const ask = async (query: string, by = cookie) => {
    const response = await world.ask(`/v1/orders${query}`, { cookie: by })
    const body = await response.json() as Page & { code: string }
    return { status: response.status, code: body.code, next: body.page?.next ?? null }
  }
  return { world, list, ask, cookie }
}

describe('a cursor', () => {
  it('leads to the position where the page before ended', async () => {
    const { list, ask } = await worldWith()
    const first = await ask('?limit=2&status=PACKED')
    expect(first.next).toMatch(/^[\w-]+$/)
    const second = await ask(`?limit=7&status=PACKED&cursor=${first.next}`)
    expect(second).toEqual({ status: 200, code: undefined, next: null })
    expect(list.mock.calls[0]?.[1]).toEqual({
      filter: { status: 'PACKED' },
      limit: 2,
      customer: false,
      accounts: null,
    })
    expect(list.mock.calls[1]?.[1]).toEqual({
      filter: { status: 'PACKED' },
      after: { orderedAt: new Date(1_700_000_000_123), id: orderId },
      limit: 7,
      customer: false,
      accounts: null,
    })
  })

  it('is refused with other filters, another seller, another list, or any change', async () => {
    const { world, list, ask, cookie } = await worldWith()
    const { next } = await ask('?status=PACKED')
    if (next === null) throw new Error('Expected a cursor')
    const calls = list.mock.calls.length
    const stranger = await world.signedIn(world.addUser())
    const runs = await (await world.ask('/v1/runs', { cookie })).json() as Page
    const wrong = [
      await ask(`?cursor=${next}`),
      await ask(`?cursor=${next}&status=NEW`),
      await ask(`?cursor=${next}&status=PACKED&account=${accountId}`),
      await ask(`?cursor=${next}&status=PACKED&ordered_from=2026-01-01`),
      await ask(`?cursor=${next}&status=PACKED`, stranger.cookie),
      await ask(`?cursor=${runs.page.next}`),
      await ask(`?cursor=${next}A&status=PACKED`),
      await ask(`?cursor=${next.slice(1)}&status=PACKED`),
      await ask(`?cursor=${next.slice(0, -1)}&status=PACKED`),
      await ask(`?cursor=x&status=PACKED`),
      await ask(`?cursor=${encodeURIComponent('[1700000000123,"x"]')}&status=PACKED`),
    ]
    for (let at = 0; at < next.length; at += 5) {
      const changed = next.slice(0, at) + (next[at] === 'A' ? 'B' : 'A') + next.slice(at + 1)
      wrong.push(await ask(`?cursor=${changed}&status=PACKED`))
    }
    for (const answer of wrong) {
      expect(answer).toEqual({ status: 400, code: 'invalid-cursor', next: null })
    }
    expect(list.mock.calls.length).toBe(calls)
    const other = await world.ask(`/v1/runs?cursor=${next}`, { cookie })
    expect(await other.json()).toMatchObject({ code: 'invalid-cursor' })
  })

  it('of another key is refused', async () => {
    const { ask } = await worldWith()
    const { next } = await ask('')
    const world = await makeWorld({ deps: { cursorKey: new Uint8Array(32).fill(8) } })
    const { cookie } = await world.signedIn(world.addUser())
    const response = await world.ask(`/v1/orders?cursor=${next}`, { cookie })
    expect(await response.json()).toMatchObject({ code: 'invalid-cursor' })
  })
})

describe('filters', () => {
  it('take instants with an offset, and days as India has them', async () => {
    const { list, ask } = await worldWith()
    const filterOf = async (query: string) => {
      expect((await ask(query)).status, query).toBe(200)
      return list.mock.calls.at(-1)?.[1].filter
    }
    expect(await filterOf('?ordered_from=2026-01-31&ordered_to=2026-01-31')).toEqual({
      from: new Date('2026-01-30T18:30:00Z'),
      to: new Date('2026-01-31T18:30:00Z'),
    })
    expect(await filterOf('?ordered_to=2026-02-28')).toEqual({
      to: new Date('2026-02-28T18:30:00Z'),
    })
    expect(await filterOf('?ordered_from=2026-01-31T23:00:00%2B05:30')).toEqual({
      from: new Date('2026-01-31T17:30:00Z'),
    })
    expect(await filterOf('?ordered_from=2026-01-31T23:00:00.250Z')).toEqual({
      from: new Date('2026-01-31T23:00:00.250Z'),
    })
    expect(await filterOf(`?account=${accountId}&status=DELIVERED`)).toEqual({
      accountId,
      status: 'DELIVERED',
    })
  })

  it('ask for 50 when no limit is given, and for 200 at most', async () => {
    const { list, ask } = await worldWith()
    await ask('')
    await ask('?limit=1')
    await ask('?limit=200')
    expect(list.mock.calls.map(([, { limit }]) => limit)).toEqual([50, 1, 200])
  })
})

describe('buyers', () => {
  const seen = ['Asha', 'Rao', '98765', 'asha.rao', 'Laxmi', 'well', '411014']

  it.each(roles)('are shown to %s as the table says, in lists and alone', async (role) => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser(role))
    const isShown = ['OWNER', 'ADMIN', 'OPERATOR'].includes(role)
    for (const path of ['/v1/orders?include=customer', `/v1/orders/${orderId}`]) {
      const text = await (await world.ask(path, { cookie })).text()
      for (const word of seen) expect(text.includes(word), `${path} ${word}`).toBe(isShown)
      expect(text).toContain('Pune')
      if (!isShown) expect(text).toContain('98xxxxxx12')
    }
  })

  it('are not even opened unless they are asked for', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const page = await (await world.ask('/v1/orders', { cookie })).json() as Page
    expect(page.data[0]).not.toHaveProperty('customer')
    expect(page.data[0]?.ordered_at).toBe('2026-01-31T10:15:00.000Z')
    const full = await (await world.ask('/v1/orders?include=customer', { cookie })).json() as Page
    expect(full.data[0]?.customer).toEqual(buyer)
  })
})

describe('syncs', () => {
  it('take no body, or a range with both of its ends', async () => {
    const asked: unknown[] = []
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const sync = async (json?: unknown) => {
      const response = await world.ask(`/v1/marketplace-accounts/${accountId}/sync`, {
        method: 'POST',
        cookie,
        ...(json === undefined ? {} : { json }),
      })
      asked.push(json)
      const body = await response.json() as { run?: { id: string }; code?: string }
      const location = response.headers.get('location')
      if (response.status === 202) expect(location).toBe(`/v1/runs/${body.run?.id}`)
      return `${response.status} ${body.code ?? ''}`.trim()
    }
    expect(await sync()).toBe('202')
    expect(await sync({})).toBe('202')
    expect(await sync({ target: 'RETURNS' })).toBe('202')
    expect(await sync({ from: '2026-01-01', to: '2026-01-01' })).toBe('202')
    expect(await sync({ from: '2026-01-01' })).toBe('400 invalid-request')
    expect(await sync({ to: '2026-01-01' })).toBe('400 invalid-request')
    expect(await sync({ from: '2026-01-02', to: '2026-01-01' })).toBe('400 invalid-request')
    expect(await sync({ target: 'EVERYTHING' })).toBe('400 invalid-request')
    expect(asked).toHaveLength(8)
  })

  it('and connected accounts say where the new thing is', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const response = await world.ask('/v1/marketplace-accounts', {
      cookie,
      json: {
        marketplace: 'BAZAAR',
        external_account_id: ' SELLER-42 ',
        name: 'Main shop',
        details: {},
        credentials: { key: 'x' },
      },
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`/v1/marketplace-accounts/${accountId}`)
    expect(cookie.startsWith(cookieName)).toBe(true)
  })
})
