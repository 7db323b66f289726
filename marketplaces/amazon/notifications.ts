/** What Amazon puts into our SQS queue when something changes, and how an account is made to tell it. */
import { type Context, failureOf, type Notifications, type PushNote } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from './client.ts'
import { Config } from './schemas.ts'

const path = '/notifications/v1/subscriptions'

/** The types that are subscribed to, each with the version that `read` knows. */
const types = {
  ORDER_CHANGE: {
    payloadVersion: '1.0',
    // a tip for the courier is no reason to look
    processingDirective: {
      eventFilter: {
        eventFilterType: 'ORDER_CHANGE',
        orderChangeTypes: ['OrderStatusChange', 'BuyerRequestedChange'],
      },
    },
  },
  REPORT_PROCESSING_FINISHED: { payloadVersion: '2020-09-04' },
  FEED_PROCESSING_FINISHED: { payloadVersion: '2020-09-04' },
} as const
type NotificationType = keyof typeof types

/** Reports and feeds of which a run waits for the end; others are somebody else's. */
const targetOfReport: Readonly<Record<string, PushNote['target']>> = {
  GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE: 'RETURNS',
  GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2: 'PAYOUTS',
}
const targetOfFeed: Readonly<Record<string, PushNote['target']>> = {
  JSON_LISTINGS_FEED: 'INVENTORY',
}

export const notifications: Notifications<Config> = {
  queue: (config) => Config.parse(config ?? {}).notifications?.queueUrl ?? null,
  read: (message) => {
    const order = OrderChange.safeParse(message)
    if (order.success) {
      const { Payload, NotificationMetadata } = order.data
      return {
        id: NotificationMetadata.NotificationId,
        externalAccountId: Payload.OrderChangeNotification.SellerId,
        target: 'ORDERS',
      }
    }
    const finished = Finished.safeParse(message)
    if (!finished.success) return null
    const { payload, notificationMetadata } = finished.data
    const { reportProcessingFinishedNotification: report } = payload
    const { feedProcessingFinishedNotification: feed } = payload
    const target = own(targetOfReport, report?.reportType) ?? own(targetOfFeed, feed?.feedType)
    const seller = report?.sellerId ?? feed?.sellerId
    return target && seller
      ? { id: notificationMetadata.notificationId, externalAccountId: seller, target }
      : null
  },
}

/**
 * Once for an account: asks for what stands in `types` to be sent to the destination of the configuration.
 * An account without the role for it is as well without: schedules find everything. `token` is an access
 * token that is fresh.
 */
export const subscribe = async (
  account: Connection,
  ctx: Context,
  token: string,
): Promise<void> => {
  const { notifications: wanted } = Config.parse(ctx.config ?? {})
  if (!wanted) return
  for (const type of Object.keys(types) as NotificationType[]) {
    try {
      if (await isSubscribed(account, ctx, token, type)) continue
      await askAmazon(account, ctx)(Subscription, `${path}/${type}`, {
        method: 'POST',
        operation: 'createSubscription',
        token,
        json: { ...types[type], destinationId: wanted.destinationId },
      })
    } catch (error) {
      ctx.signal.throwIfAborted()
      const failed = failureOf(error)
      if (!failed) throw error
      // somebody was faster
      if (failed.status === 409) continue
      ctx.log('amazon.not-subscribed', { type, kind: failed.kind })
    }
  }
}

const isSubscribed = async (
  account: Connection,
  ctx: Context,
  token: string,
  type: NotificationType,
): Promise<boolean> => {
  let isAbsent = false
  try {
    await askAmazon(account, ctx)(Subscription, `${path}/${type}`, {
      operation: 'getSubscription',
      token,
      query: { payloadVersion: types[type].payloadVersion },
      explain: (status) => {
        isAbsent = status === 404
        return undefined
      },
    })
    return true
  } catch (error) {
    if (isAbsent) return false
    throw error
  }
}

const own = <T>(words: Readonly<Record<string, T>>, word: string | undefined): T | undefined =>
  word !== undefined && Object.hasOwn(words, word) ? words[word] : undefined

const id = z.string().min(1).max(200)
const Subscription = z.object({ payload: z.object({ subscriptionId: id }) })
const OrderChange = z.object({
  NotificationType: z.literal('ORDER_CHANGE'),
  Payload: z.object({ OrderChangeNotification: z.object({ SellerId: id }) }),
  NotificationMetadata: z.object({ NotificationId: id }),
})
const Finished = z.object({
  notificationType: z.enum(['REPORT_PROCESSING_FINISHED', 'FEED_PROCESSING_FINISHED']),
  payload: z.object({
    reportProcessingFinishedNotification: z.object({
      sellerId: id.optional(),
      reportType: z.string(),
    }).optional(),
    feedProcessingFinishedNotification: z.object({
      sellerId: id.optional(),
      feedType: z.string(),
    }).optional(),
  }),
  notificationMetadata: z.object({ notificationId: id }),
})
