import { fakeContext, sandboxContext } from 'robnu/testing'
import { describe, expect, test } from 'vitest'
import amazon from '../mod.ts'
import { connect, startWorld, type World } from './support.ts'

const { notifications } = amazon
const settings = { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/amazon', destinationId: 'd-1' }
const contextOf = ({ sandbox }: World, config: unknown = { notifications: settings }) => {
  const ctx = sandboxContext(sandbox, { hosts: amazon.hosts, limits: amazon.limits ?? [] })
  return { ...ctx, config }
}
const askedFor = (ctx: { requests: readonly { operation: string | undefined }[] }, name: string) =>
  ctx.requests.filter(({ operation }) => operation === name).length

describe('the subscription', () => {
  test('is made once, when an account is verified', async () => {
    const world = await startWorld()
    const account = await connect(world)
    const ctx = contextOf(world)
    await amazon.adapter.verify(account, ctx)
    expect(askedFor(ctx, 'createSubscription')).toBe(3)
    const made = ctx.requests.filter(({ operation }) => operation === 'createSubscription')
    expect(made.map(({ url, body }) => [url.pathname, JSON.parse(body ?? '')])).toEqual([
      ['/notifications/v1/subscriptions/ORDER_CHANGE', {
        payloadVersion: '1.0',
        destinationId: 'd-1',
        processingDirective: {
          eventFilter: {
            eventFilterType: 'ORDER_CHANGE',
            orderChangeTypes: ['OrderStatusChange', 'BuyerRequestedChange'],
          },
        },
      }],
      ...['REPORT_PROCESSING_FINISHED', 'FEED_PROCESSING_FINISHED'].map((type) => [
        `/notifications/v1/subscriptions/${type}`,
        { payloadVersion: '2020-09-04', destinationId: 'd-1' },
      ]),
    ])
    await amazon.adapter.verify(account, ctx)
    expect(askedFor(ctx, 'createSubscription')).toBe(3)
    expect(askedFor(ctx, 'getSubscription')).toBe(6)
  })

  test('is not asked for where the configuration names no destination', async () => {
    const world = await startWorld()
    const ctx = contextOf(world, {})
    await amazon.adapter.verify(await connect(world), ctx)
    expect(ctx.requests).toHaveLength(1)
  })

  test.each(['429', '503'])('that is refused (%s) leaves the account connected', async (kind) => {
    const world = await startWorld()
    const ctx = contextOf(world)
    await world.control('failNext', { operation: 'createSubscription', kind, times: 3 })
    await amazon.adapter.verify(await connect(world), ctx)
    expect(ctx.logged.map(({ event }) => event)).toEqual(Array(3).fill('amazon.not-subscribed'))
  })

  test('credentials that do not work are a failure, as ever', async () => {
    const respond = () => ({ status: 400, body: { error: 'invalid_grant' } })
    const world = await startWorld()
    const ctx = { ...fakeContext({ respond }), config: { notifications: settings } }
    await expect(amazon.adapter.verify(await connect(world), ctx))
      .rejects.toMatchObject({ kind: 'auth' })
  })
})

describe('messages', () => {
  test('come late, twice and in any order, and each names its account and one event', async () => {
    const world = await startWorld()
    const account = await connect(world)
    await amazon.adapter.verify(account, contextOf(world))
    await world.control('createOrders', { partner: 'A1DEMOSELLERIN', count: 30 })
    await world.control('createOrders', { partner: 'A2DEMOSELLERIN', count: 30 })
    const messages: unknown[] = []
    for (let hour = 0; hour < 4; hour++) {
      await world.control('clock', { bySeconds: 3600 })
      const due = await world.control('pushes') as { messages: unknown[] }
      messages.push(...due.messages)
    }
    expect(messages.length).toBeGreaterThan(50)
    const notes = messages.map((message) => notifications?.read(message))
    for (const note of notes) {
      expect(note).toMatchObject({ externalAccountId: 'A1DEMOSELLERIN', target: 'ORDERS' })
    }
    const ids = new Set(notes.map((note) => note?.id))
    expect(ids.size).toBeLessThan(messages.length)
    const times = messages.map((message) => (message as { EventTime: string }).EventTime)
    expect(times).not.toEqual(times.toSorted())
    expect(await world.control('pushes')).toEqual({ messages: [] })
  })

  const report = (reportType: string, more: object = { sellerId: 'A1DEMOSELLERIN' }) => ({
    notificationType: 'REPORT_PROCESSING_FINISHED',
    payload: { reportProcessingFinishedNotification: { reportType, ...more } },
    notificationMetadata: { notificationId: 'n-1' },
  })
  const note = (target: string) => ({ id: 'n-1', externalAccountId: 'A1DEMOSELLERIN', target })

  test.each([
    [report('GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE'), note('RETURNS')],
    [report('GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2'), note('PAYOUTS')],
    [report('GET_SOMETHING_ELSE'), null],
    [report('toString'), null],
    [report('GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE', {}), null],
    [{
      notificationType: 'FEED_PROCESSING_FINISHED',
      payload: {
        feedProcessingFinishedNotification: {
          sellerId: 'A1DEMOSELLERIN',
          feedType: 'JSON_LISTINGS_FEED',
        },
      },
      notificationMetadata: { notificationId: 'n-1' },
    }, note('INVENTORY')],
    [{ NotificationType: 'ORDER_CHANGE' }, null],
    [{ NotificationType: 'ANY_OFFER_CHANGED' }, null],
    ['x', null],
    [null, null],
  ])('%j', (message, wanted) => expect(notifications?.read(message)).toEqual(wanted))

  test('the queue is the one of the configuration', () => {
    expect(notifications?.queue({ notifications: settings })).toBe(settings.queueUrl)
    expect(notifications?.queue({ historyDays: 40 })).toBeNull()
    expect(notifications?.queue(undefined)).toBeNull()
  })
})
