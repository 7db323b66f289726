/** A shop for processing: a sandbox whose clock is moved, and a host that drains batches of it. */
import { type Batch, type BatchOrder, type Context, type Download, failure } from 'robnu/plugin'
import { failureOf } from 'robnu/plugin'
import type { StepResult } from 'robnu/plugin'
import { upstreamHostHeader } from 'robnu/testing'
import amazon from '../mod.ts'
import { documentHost } from '../sandbox/documents.ts'
import { connect, type Connection, renewed, startWorld, type World } from './support.ts'

export interface Shop {
  readonly world: World
  readonly ctx: Context
  /** What was downloaded, by its storage key, as text. */
  readonly papers: ReadonlyMap<string, string>
  readonly pass: (seconds: number) => Promise<unknown>
  account: Connection
}
export interface LedgerBook {
  readonly orders: readonly { readonly id: string; readonly state: string }[]
  readonly parcels: Readonly<Record<string, number>>
}

export const openShop = async (
  details: Partial<Connection['details']> = {},
): Promise<Shop> => {
  const world = await startWorld()
  for (const { operation } of amazon.limits ?? []) {
    await world.control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
  }
  const papers = new Map<string, string>()
  const account = await connect(world, 1)
  const ctx = { ...world.ctx, download: downloader(world, papers) }
  return { ...shopOver(world, ctx, account, details), papers }
}

/** Of a world and a context that somebody else has made. */
export const shopOver = (
  world: World,
  ctx: Context,
  account: Connection,
  details: Partial<Connection['details']> = {},
): Shop => ({
  ...{
    world,
    ctx,
    papers: new Map(),
    account: { ...account, details: { ...account.details, ...details } },
  },
  pass: (seconds) => world.control('clock', { bySeconds: seconds }),
})

const downloader =
  (world: World, papers: Map<string, string>): Context['download'] => async (address) => {
    const url = new URL(address)
    // a document that came inside of an answer
    if (url.protocol === 'data:') {
      const text = atob(address.split(',')[1] ?? '')
      return keep(papers, `documents/inside/${papers.size}`, text)
    }
    if (url.host !== documentHost) throw failure('rejected', `not a declared host: ${url.host}`)
    const headers = { [upstreamHostHeader]: url.host }
    const answer = await fetch(world.sandbox.url + url.pathname + url.search, { headers })
    if (answer.status !== 200) throw failure('unavailable', 'no document')
    const bytes = await answer.arrayBuffer().catch(() => {
      throw failure('unavailable', 'half a document')
    })
    const text = new TextDecoder('latin1').decode(bytes)
    return keep(papers, `documents${url.pathname}`, text)
  }

const keep = (papers: Map<string, string>, storageKey: string, text: string): Download => {
  papers.set(storageKey, text)
  return { sha256: '0'.repeat(64), byteSize: text.length, mime: 'application/pdf', storageKey }
}

/** New orders that wait to be packed, as the host hands them over two minutes later. */
export const newOrders = async (
  shop: Shop,
  count: number,
  more: object = {},
): Promise<readonly BatchOrder[]> => {
  const partner = shop.account.externalAccountId
  const made = await shop.world.control('createOrders', { partner, count, ready: true, ...more })
  await shop.pass(130)
  const { orderIds } = made as { orderIds: readonly string[] }
  return await Promise.all(orderIds.map((id, at) => handed(shop, id, at)))
}

const handed = async ({ world, account }: Shop, id: string, at: number): Promise<BatchOrder> => {
  const url = `${world.sandbox.url}/orders/2026-01-01/orders/${id}`
  const headers = { 'x-amz-access-token': account.credentials.access_token ?? '' }
  const { order } = await (await fetch(url, { headers })).json()
  return {
    ...{ id: `id-${id}`, externalId: id, status: 'NEW', onHold: false },
    ...{ postalCode: null, stateCode: null },
    lines: order.orderItems.map((
      item: {
        orderItemId: string
        quantityOrdered: number
        product: { sellerSku: string; asin: string }
      },
    ) => ({
      externalId: item.orderItemId,
      ...{ sku: item.product.sellerSku, listingId: item.product.asin, title: null },
      ...{ quantity: item.quantityOrdered, confirmedQuantity: item.quantityOrdered },
      ...{ totalPaise: null, hsn: null, gstRateBp: null },
    })),
    invoice: { number: `OWN/22-23/${at + 1}`, date: '2022-06-30' },
  }
}

export const batchOf = (orders: readonly BatchOrder[], more: Partial<Batch> = {}): Batch => ({
  ...{ id: '0199c0de-0000-7000-8000-00000000beef', orders, closure: 'IMMEDIATE' },
  ...{ closeManifests: [], openManifests: [], done: [], ...more },
})

export interface Processed {
  readonly done: readonly StepResult[]
  readonly steps: (externalId: string) => readonly string[]
  readonly heldWith: (externalId: string) => string | undefined
}

/**
 * Drains a batch as the host does: each result is recorded before the next one is asked for. `look` may
 * throw: then the result is lost, as by a kill before it was stored.
 */
export const drain = async (
  shop: Shop,
  batch: Batch,
  look: (result: StepResult) => unknown = () => {},
): Promise<Processed> => {
  const recorded = new Map<string, StepResult>()
  for (let tries = 0;; tries++) {
    if (tries > 300) throw new Error('The work did not come to an end')
    try {
      const done = [...recorded.values()]
      const steps = amazon.adapter.fullProcessing?.(shop.account, { ...batch, done }, shop.ctx)
      for await (const result of steps ?? []) {
        await look(result)
        const key = `${result.step} ${result.order}`
        const { output = recorded.get(key)?.output } = result
        recorded.set(key, JSON.parse(JSON.stringify({ ...result, output })))
      }
      break
    } catch (error) {
      const failed = failureOf(error)
      if (failed?.kind === 'auth') shop.account = await renewed(shop.account, shop.world.ctx)
      else if (failed?.kind === 'unavailable' || failed?.kind === 'rate-limit') {
        await shop.pass((failed.retryAfterMs ?? 60_000) / 1000)
      } else throw error
    }
  }
  const done = [...recorded.values()]
  const own = (id: string) => done.filter(({ order }) => order === `id-${id}`)
  return {
    done,
    steps: (id) => own(id).filter(({ outcome }) => outcome === 'done').map(({ step }) => step),
    heldWith: (id) => own(id).find(({ outcome }) => outcome === 'held')?.code,
  }
}

/** What the sandbox itself says of the shop. */
export const ledgerOf = async ({ world, account }: Shop): Promise<LedgerBook> => {
  const told = await world.control('ledger') as { accounts: Record<string, LedgerBook> }
  const book = told.accounts[account.externalAccountId]
  if (!book) throw new Error('the sandbox has lost the account')
  return book
}

/** What a killed worker looks like to whoever runs it again. */
export const killed = () => failure('unavailable', 'The worker was killed')
