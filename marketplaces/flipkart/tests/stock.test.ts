import { expect, test } from 'vitest'
import { pushInventory, readInventory } from '../stock.ts'
import { answering, connection, failureIn, type Json } from './support.ts'

const change = (sku: string, quantity: number, listingId: string | null = 'FSN0000000001') => ({
  ...{ sku, quantity, listingId, version: 1 },
})
const success = { status: 'SUCCESS', errors: [], attribute_errors: [] }
const bodyOf = (body: string | undefined): Json => JSON.parse(body ?? '{}')

test('ten at a time, all of it at the first location and nothing at the others', async () => {
  const ctx = answering(({ body }) => ({
    body: Object.fromEntries(Object.keys(bodyOf(body)).map((sku) => [sku, success])),
  }))
  const changes = Array.from({ length: 23 }, (_, at) => change(`SKU-${at}`, at))
  const results = await pushInventory(connection(), changes, ctx)
  expect(results).toEqual(changes.map(({ sku }) => ({ sku, outcome: 'accepted' })))
  expect(ctx.requests.map(({ body }) => Object.keys(bodyOf(body)).length)).toEqual([10, 10, 3])
  expect(bodyOf(ctx.requests[0]?.body)['SKU-7']).toEqual({
    product_id: 'FSN0000000001',
    locations: [
      { id: 'LOC1', inventory: 7, status: 'ENABLED' },
      { id: 'LOC2', inventory: 0, status: 'ENABLED' },
    ],
  })
})

test('each SKU has its answer, in a 200 as well as before it was asked', async () => {
  const ctx = answering(() => ({
    body: {
      A: success,
      B: { status: 'failure', errors: [{ code: 'INVALID_LOCATION', description: 'Asha' }] },
      C: { status: 'WARNING', attribute_errors: [{ code: 'X' }] },
      D: { status: 'FAILURE', attribute_errors: [{ code: 'not a code!' }] },
      E: { status: 'FAILURE' },
    },
  }))
  const changes = [
    ...['A', 'B', 'C', 'D', 'E'].map((sku) => change(sku, 1)),
    change('F', 1, null),
    change('G', 1, 'short'),
  ]
  const results = await pushInventory(connection(), changes, ctx)
  expect(Object.fromEntries(results.map(({ sku, outcome, reason }) => [sku, reason ?? outcome])))
    .toEqual({
      A: 'accepted',
      B: 'invalid-location',
      C: 'accepted',
      D: 'refused',
      E: 'refused',
      F: 'fsn-missing',
      G: 'fsn-malformed',
    })
  expect(results).toHaveLength(7)
})

test('a SKU without an answer is not told as sent', async () => {
  const ctx = answering(() => ({ body: {} }))
  const failed = await failureIn(
    Promise.resolve(pushInventory(connection(), [change('A', 1)], ctx)),
  )
  expect(failed?.kind).toBe('bad-response')
})

test('nothing is asked for nothing, and nothing is sent to nowhere', async () => {
  const ctx = answering(() => ({ body: {} }))
  expect(await pushInventory(connection(), [], ctx)).toEqual([])
  const nowhere = connection({ details: { location_ids: [] } })
  const failed = await failureIn(Promise.resolve(pushInventory(nowhere, [change('A', 1)], ctx)))
  expect(failed).toMatchObject({ kind: 'rejected', code: 'location-missing' })
  expect(ctx.requests).toEqual([])
})

test('what is there is read at the locations of the account', async () => {
  const at = (id: string, inventory: number) => ({ id, inventory, status: 'ENABLED' })
  const ctx = answering(() => ({
    body: {
      available: {
        A: { product_id: 'FSN', locations: [at('LOC1', 7), at('LOC2', 1), at('LOC9', 50)] },
        OTHER: { product_id: 'FSN', locations: [at('LOC1', 7)] },
      },
      unavailable: ['B'],
    },
  }))
  const items = ['A', 'B', 'A', 'C,D'].map((sku) => ({ sku, listingId: null }))
  expect(await readInventory(connection(), items, ctx)).toEqual([{ sku: 'A', quantity: 8 }])
  expect(ctx.requests.map(({ url }) => url.pathname)).toEqual(['/sellers/listings/v3/A,B'])
})
