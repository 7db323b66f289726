import fc from 'fast-check'
import { failureOf } from 'robnu/plugin'
import { fakeContext } from 'robnu/testing'
import { expect, test } from 'vitest'
import { connect, pagesFrom, startWorld } from './support.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Where in a body to strike, as a share of all its places, and with what. */
const blow = fc.record({
  place: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  kind: fc.constantFrom('drop', 'repeat', 'replace'),
  value: fc.oneof(
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc.constantFrom<Json>('', '\0', '1.005', '-1', '99999999999999999', '\ud800', 1e308, [], {}),
  ),
})

test('600 broken answers end as rows, rejections or a failure, never as a crash', async () => {
  const world = await startWorld()
  const account = await connect(world)
  const body = await aPage(world, account)
  const buyers = [...JSON.stringify(body).matchAll(/"(?:buyerName|addressLine1|phone)":"([^"]+)"/g)]
    .map(([, text]) => text ?? '')
  expect(buyers.length).toBeGreaterThan(10)

  let rejected = 0
  let failed = 0
  const strikes = fc.array(blow, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(strikes, async (blows) => {
      const broken = blows.reduce((json, each) => struck(json, each), structuredClone(body))
      const ctx = fakeContext({
        respond: () => ({ body: JSON.stringify(broken) }),
        now: world.ctx.now,
      })
      const said: unknown[] = []
      try {
        for await (const page of pagesFrom(account, null, ctx)) {
          expect(page.rows.length + page.rejected.length).toBe(page.received)
          rejected += page.rejected.length
          said.push(page.rejected.map(({ key, reason }) => ({ key, reason })))
          for (const row of page.rows) expect(row.updatedAt.getTime()).not.toBeNaN()
          for (const row of page.rows) expect(Number.isSafeInteger(row.totalPaise ?? 0)).toBe(true)
        }
      } catch (error) {
        failed += 1
        expect(failureOf(error)?.kind).toBe('bad-response')
        said.push(String(error))
      }
      const words = JSON.stringify([said, ctx.logged])
      for (const buyer of buyers) expect(words).not.toContain(buyer)
    }),
    { numRuns: 600, seed: 20260801 },
  )
  expect([rejected > 150, failed > 6]).toEqual([true, true])
})

const aPage = async (
  { sandbox }: Awaited<ReturnType<typeof startWorld>>,
  account: Awaited<ReturnType<typeof connect>>,
): Promise<Json> => {
  const query = new URLSearchParams({
    lastUpdatedAfter: '2022-06-10T00:00:00Z',
    maxResultsPerPage: '4',
    includedData: 'BUYER,RECIPIENT,PROCEEDS,FULFILLMENT,PACKAGES',
  })
  const headers = { 'x-amz-access-token': account.credentials.access_token ?? '' }
  const answer = await fetch(`${sandbox.url}/orders/2026-01-01/orders?${query}`, { headers })
  expect(answer.status).toBe(200)
  return await answer.json()
}

const struck = (
  json: Json,
  { place, kind, value }: { place: number; kind: string; value: Json },
): Json => {
  const spots = spotsOf(json)
  const spot = spots[Math.floor(place * spots.length)]
  if (!spot) return value
  const { parent, key } = spot
  if (Array.isArray(parent)) {
    const at = Number(key)
    if (kind === 'drop') parent.splice(at, 1)
    else {parent.splice(
        at,
        kind === 'repeat' ? 0 : 1,
        kind === 'repeat' ? parent[at] ?? null : value,
      )}
  } else if (kind === 'drop') delete parent[key]
  else parent[key] = value
  return json
}

interface Spot {
  readonly parent: Json[] | { [key: string]: Json }
  readonly key: string
}
const spotsOf = (json: Json): Spot[] => {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, child]) => [{ parent: json, key }, ...spotsOf(child)])
}
