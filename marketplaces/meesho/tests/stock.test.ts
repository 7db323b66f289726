/** Absolute quantities for the one location, fifty at a time, an answer for each. */
import type { StockChange } from 'robnu/plugin'
import type { FakeRequest } from 'robnu/testing'
import { expect, test } from 'vitest'
import { pushInventory } from '../stock.ts'
import { answering, connection, failureIn, refusal } from './support.ts'

interface Item {
  readonly sku: string
  readonly size: string
  readonly quantity: number
}
const bodyOf = ({ body }: FakeRequest) =>
  JSON.parse(body ?? '{}') as { location_external_identifier: string; items: Item[] }
const change = (sku: string, quantity = 1, version = 1): StockChange => ({
  ...{ sku, quantity, version },
  listingId: null,
})
const taking = (codeOf: (item: Item) => string | null = () => null) =>
  answering((request) => ({
    body: {
      results: bodyOf(request).items.map((item) => ({
        ...{ sku: item.sku, size: item.size },
        ...{ status: codeOf(item) === null ? 'OK' : 'FAILED', code: codeOf(item) },
      })),
    },
  }))

test('a list goes out in fifties, each item as SKU and size of the one location', async () => {
  const ctx = taking()
  const changes = Array.from({ length: 101 }, (_, at) => change(`SKU-${at}|M`, at))
  const results = await pushInventory(connection(), changes, ctx)
  expect(results).toEqual(changes.map(({ sku }) => ({ sku, outcome: 'accepted' })))
  expect(ctx.requests.map((request) => bodyOf(request).items.length)).toEqual([50, 50, 1])
  expect(bodyOf(ctx.requests[2] as FakeRequest)).toEqual({
    location_external_identifier: 'LOC-1',
    items: [{ sku: 'SKU-100', size: 'M', quantity: 100 }],
  })
})

test('an item that is refused says why; the others are accepted', async () => {
  const ctx = taking(({ sku }) => sku === 'NO' ? 'UNKNOWN_SKU' : null)
  const results = await pushInventory(connection(), [change('NO'), change('YES')], ctx)
  expect(results).toEqual([
    { sku: 'NO', outcome: 'rejected', reason: 'unknown-sku' },
    { sku: 'YES', outcome: 'accepted' },
  ])
})

test('of two names of one variant the newest quantity is told, and both are answered', async () => {
  const ctx = taking()
  const changes = [change('A', 7, 2), change('A|Free Size', 3, 1)]
  expect(await pushInventory(connection(), changes, ctx)).toHaveLength(2)
  expect(bodyOf(ctx.requests[0] as FakeRequest).items)
    .toEqual([{ sku: 'A', size: 'Free Size', quantity: 7 }])
})

test('nothing to tell is no request', async () => {
  const ctx = taking()
  expect(await pushInventory(connection(), [], ctx)).toEqual([])
  expect(ctx.requests).toEqual([])
})

test('a location that is not the seller’s is told once, with what to mend', async () => {
  const ctx = answering(() => refusal(422, 'WRONG_LOCATION'))
  const failed = await failureIn(Promise.resolve(pushInventory(connection(), [change('A')], ctx)))
  expect(failed).toMatchObject({ kind: 'rejected', code: 'wrong-location' })
  expect(failed?.message).toContain('location identifier')
})

test('an answer that forgets an item is no answer', async () => {
  const ctx = answering(() => ({ body: { results: [] } }))
  const failed = await failureIn(Promise.resolve(pushInventory(connection(), [change('A')], ctx)))
  expect(failed?.kind).toBe('bad-response')
})
