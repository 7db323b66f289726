/** A marketplace at both levels of trust: runs, refusals and files come out the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPluginContext } from '../../../core/ledger/plugin-context.ts'
import { type Account, failureOf, type Target } from '../../../core/plugin.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { makeSeller } from '../../support/database.ts'
import { askForRun, runToEnd, stored, sync } from '../../ledger/support/runs.ts'

/** What came of each step at one level, to be held against the other. */
const outcomes: Record<string, unknown>[] = []

describe.each(['in-process', 'isolated'] as const)('Bazaar %s', (trust) => {
  let world: World
  const outcome: Record<string, unknown> = {}
  beforeAll(async () => {
    world = await openWorld({ trust, config: { pageSize: 40 } })
    outcomes.push(outcome)
  })
  afterAll(() => world?.close())

  const contextOf = () =>
    createPluginContext(world.deps, world.marketplace, {
      ...{ key: 'k', signal: new AbortController().signal },
    })
  const shop = (credentials: object = {}): Account<unknown, unknown> => {
    const found = world.sandbox.accounts[0]
    if (!found) throw new Error('The sandbox has no shop')
    return {
      ...{ id: 'a', externalAccountId: found.externalAccountId, details: found.details },
      credentials: { ...found.credentials as object, ...credentials },
    }
  }
  const thrown = async (work: () => Promise<unknown>) => {
    const error = await work().then(() => undefined, (one: unknown) => one)
    const { kind, message, code, status } = failureOf(error) ?? {}
    return { kind, message, code, status }
  }

  it('brings the orders, returns and payouts of a shop', async () => {
    const seller = await makeSeller(world.fresh.db)
    const accountId = await world.connectShop(seller, 0)
    const runs = [await sync(world, seller, accountId)]
    for (const target of ['RETURNS', 'PAYOUTS'] satisfies Target[]) {
      runs.push(await runToEnd(world, await askForRun(world, seller, accountId, undefined, target)))
    }
    const told = runs.map((run) => [run.state, run.received, run.new, run.rejected, run.pages])
    expect(told[0]).toEqual(['SUCCEEDED', 250, 250, 0, 7])
    expect(await stored(world, accountId)).toEqual(await world.totals(0))
    outcome['runs'] = told
  })

  it('tells refusals in the words of the plugin', async () => {
    const { verify } = world.marketplace.adapter
    expect(await verify(shop(), contextOf())).toBeUndefined()
    outcome['refused'] = await thrown(() => verify(shop({ api_key: 'wrong' }), contextOf()))
    expect(outcome['refused']).toMatchObject({
      ...{ kind: 'auth', status: 401 },
      message: expect.stringContaining('Bazaar refuses the API key'),
    })
  })

  it('reads a file line by line', async () => {
    const [report] = world.marketplace.imports ?? []
    if (!report) throw new Error('Bazaar has lost its file')
    const records = async function* () {
      for (let line = 2; line < 1_002; line++) {
        await Promise.resolve()
        const amount = line % 100 === 0 ? 'much' : '10.50'
        yield { line, cells: [`BZ-${line}`, '2026-01-09T10:00:00Z', 'SKU', '1', amount] }
      }
    }
    const account = { externalAccountId: 'SHOP-0001', now: new Date('2026-01-10') }
    const results: unknown[] = []
    for await (const one of report.rows(report.signature, records(), account)) results.push(one)
    expect(results).toHaveLength(1_000)
    expect(results[98]).toEqual({ lines: [100], rejected: 'bad-amount', key: 'BZ-100' })
    outcome['file'] = results
  })

  it('ends a stream where nobody wants more of it', async () => {
    const { syncOrders } = world.marketplace.adapter
    if (!syncOrders) throw new Error('Bazaar has lost its ability')
    // a shop that signs in by its key
    const key = world.sandbox.accounts[1]
    const account = { ...shop(), details: key?.details, credentials: key?.credentials }
    const request = { cursor: null, reason: 'manual' } as const
    for await (const page of syncOrders(account, request, contextOf())) {
      outcome['page'] = page
      break
    }
    expect(outcome['page']).toMatchObject({ received: 40, rejected: [] })
  })
})

it('comes out the same', () => {
  expect(outcomes).toHaveLength(2)
  expect(Object.keys(outcomes[0] ?? {})).toEqual(['runs', 'refused', 'file', 'page'])
  expect(outcomes[1]).toEqual(outcomes[0])
})
