import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { answering, connection, failureIn, refusal } from './support.ts'

const { pushInventory, readInventory } = ajio.adapter
const change = (sku: string, quantity = 1) => ({
  sku,
  listingId: `ean-${sku}`,
  quantity,
  version: 1,
})
const skusOf = (body: string | undefined): string[] =>
  JSON.parse(body ?? '{}').items.map(({ sellerSku }: { sellerSku: string }) => sellerSku)

test('a list is sent whole, and once more without what AJIO has named', async () => {
  const sent: string[][] = []
  const ctx = answering(({ body }) => {
    const skus = skusOf(body)
    sent.push(skus)
    const errors = skus.filter((sku) => sku.startsWith('bad'))
      .map((sellerSku) => ({ sellerSku, code: 'UNKNOWN_SKU' }))
    return errors.length > 0
      ? refusal(422, 'BATCH_REFUSED', { errors })
      : { body: { updated: skus.length } }
  })
  const results = await pushInventory?.(
    connection(),
    ['a', 'bad1', 'b', 'bad2'].map((sku) => change(sku)),
    ctx,
  )
  expect(results).toEqual([
    { sku: 'bad1', outcome: 'rejected', reason: 'unknown-sku' },
    { sku: 'bad2', outcome: 'rejected', reason: 'unknown-sku' },
    { sku: 'a', outcome: 'accepted' },
    { sku: 'b', outcome: 'accepted' },
  ])
  expect(sent).toEqual([['a', 'bad1', 'b', 'bad2'], ['a', 'b']])
  const [first] = ctx.requests
  expect(first).toMatchObject({ method: 'PUT', operation: 'inventory' })
  expect(JSON.parse(first?.body ?? '')).toMatchObject({
    storeCode: 'ST01',
    items: [{ ean: 'ean-a', sellerSku: 'a', quantity: 1 }, {}, {}, {}],
  })
})

test('at most 500 go in one list, and every SKU has a result', async () => {
  const changes = Array.from({ length: 1201 }, (_, i) => change(`s${i}`, i))
  const ctx = answering(({ body }) => ({ body: { updated: skusOf(body).length } }))
  const results = await pushInventory?.(connection(), changes, ctx)
  expect(ctx.requests.map(({ body }) => skusOf(body).length)).toEqual([500, 500, 201])
  expect(results?.map(({ sku }) => sku)).toEqual(changes.map(({ sku }) => sku))
})

test('nothing of a list is sent where every SKU is refused, and a refusal without names ends it', async () => {
  const all = answering(({ body }) =>
    refusal(422, 'BATCH_REFUSED', {
      errors: skusOf(body).map((sellerSku) => ({ sellerSku, code: 'UNKNOWN_SKU' })),
    })
  )
  const results = await pushInventory?.(connection(), [change('a'), change('b')], all)
  expect(results?.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected'])
  expect(all.requests).toHaveLength(1)
  const nobody = answering(() => refusal(422, 'BATCH_REFUSED', { errors: [{ code: 'X_Y' }] }))
  const failed = await failureIn(
    Promise.resolve(pushInventory?.(connection(), [change('a')], nobody)),
  )
  expect(failed).toMatchObject({ kind: 'rejected', code: 'batch-refused' })
  expect(nobody.requests).toHaveLength(1)
})

test('levels are read back fifty at a time, and only those that were asked for', async () => {
  const ctx = answering(({ url }) => ({
    body: {
      items: (url.searchParams.get('sellerSku') ?? '').split(',')
        .map((sellerSku) => ({ ean: 'nan', sellerSku, quantity: 3 }))
        .concat({ ean: 'nan', sellerSku: 'stranger', quantity: 1 }),
    },
  }))
  const items = Array.from({ length: 120 }, (_, i) => ({ sku: `s${i}`, listingId: null }))
  const levels = await readInventory?.(
    connection(),
    [...items, { sku: 'with,comma', listingId: null }],
    ctx,
  )
  expect(ctx.requests).toHaveLength(3)
  expect(levels).toHaveLength(120)
  expect(levels?.every(({ quantity }) => quantity === 3)).toBe(true)
})
