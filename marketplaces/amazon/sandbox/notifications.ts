/** Notifications: who wants to know of changes, and the messages that come of them, as SQS gives them. */
import {
  type ControlVerb,
  controlVerb,
  hashOf,
  randomFor,
  type SandboxAnswer,
  type SandboxRoute,
} from 'robnu/testing'
import { z } from 'zod'
import type { Guard } from './guard.ts'
import { type Change, distinctLines, type SandboxOrder } from './orders.ts'
import { iso, marketplaceId, wireError } from './wire.ts'
import type { Act, Partner, World } from './world.ts'

export interface SandboxNotifications {
  readonly acts: Readonly<Record<string, Act>>
  readonly routes: (options: { readonly guard: Guard; readonly world: World }) => SandboxRoute[]
  readonly pushes: (world: World) => ControlVerb
}
interface Subscription {
  readonly id: string
  readonly destinationId: string
  readonly payloadVersion: string
  readonly processingDirective?: unknown
  readonly since: number
  /** Messages that were due by then have been given. */
  given: number
}

const types = ['ORDER_CHANGE', 'REPORT_PROCESSING_FINISHED', 'FEED_PROCESSING_FINISHED']
const path = '/notifications/v1/subscriptions/{notificationType}'
const host = 'sellingpartnerapi-eu.amazon.com'
const latestMs = 30 * 60_000

export const createNotifications = (seed: number): SandboxNotifications => {
  const subscriptions = new Map<string, Subscription>()
  const keyOf = (partner: Partner, type: string) => `${partner.id}/${type}`

  const acts: Record<string, Act> = {
    createSubscription: (world, partner, body) => {
      const parsed = NewSubscription.safeParse(body)
      if (!parsed.success) return refused(400, 'InvalidInput', 'Invalid request.')
      const { notificationType: type, ...wanted } = parsed.data
      if (subscriptions.has(keyOf(partner, type))) {
        return refused(409, 'Conflict', 'Subscription already exists.')
      }
      const id = uuid(seed, keyOf(partner, type))
      const since = world.at()
      subscriptions.set(keyOf(partner, type), { ...wanted, id, since, given: since })
      return told({ ...wanted, id, since, given: since })
    },
  }
  const routes: SandboxNotifications['routes'] = ({ guard, world }) => [
    {
      ...{ method: 'GET', path, host, operation: 'getSubscription' },
      handle: guard('getSubscription', ({ params, url }, partner) => {
        const found = subscriptions.get(keyOf(partner, params.notificationType ?? ''))
        const version = url.searchParams.get('payloadVersion')
        return found && (version === null || version === found.payloadVersion)
          ? told(found)
          : refused(404, 'NotFound', 'There is no subscription of this type.')
      }),
    },
    {
      ...{ method: 'POST', path, host, operation: 'createSubscription' },
      handle: guard('createSubscription', ({ params, body }, partner) => {
        const json = jsonOf(body)
        if (!json || !types.includes(params.notificationType ?? '')) {
          return refused(400, 'InvalidInput', 'Invalid request.')
        }
        const act = { ...json, notificationType: params.notificationType }
        return world.run('createSubscription', partner.id, act) as SandboxAnswer
      }),
    },
  ]

  const pushes: SandboxNotifications['pushes'] = (world) =>
    controlVerb(
      'the messages that are due: some twice, some late, in random order; answers `{messages}`',
      z.strictObject({}),
      () => {
        world.catchUp()
        const messages = [...world.partners.values()].flatMap((partner) => {
          const subscription = subscriptions.get(keyOf(partner, 'ORDER_CHANGE'))
          return subscription ? dueOf(seed, partner, subscription, world.at()) : []
        })
        const random = randomFor(seed, `pushes/${world.at()}`)
        const shuffled = messages.map((message) => ({ message, place: random.next() }))
          .sort((one, other) => one.place - other.place)
        return { messages: shuffled.map(({ message }) => message) }
      },
    )
  return { acts, routes, pushes }
}

/** Each change is told some minutes later, one in five a second time after that. */
const dueOf = (
  seed: number,
  partner: Partner,
  subscription: Subscription,
  at: number,
): object[] => {
  const from = subscription.given
  subscription.given = at
  const messages: object[] = []
  for (const order of partner.books.all()) {
    for (const change of order.changes) {
      if (change.at <= subscription.since || change.at > at) continue
      const random = randomFor(seed, `message/${order.id}/${change.at}`)
      const first = change.at + random.int(0, latestMs)
      const times = random.chance(0.2) ? [first, first + random.int(0, latestMs)] : [first]
      for (const time of times) {
        if (time > from && time <= at) messages.push(messageOf(seed, partner, order, change, first))
      }
    }
  }
  return messages
}

const messageOf = (
  seed: number,
  partner: Partner,
  order: SandboxOrder,
  change: Change,
  sentAt: number,
): object => ({
  NotificationVersion: '1.0',
  NotificationType: 'ORDER_CHANGE',
  PayloadVersion: '1.0',
  EventTime: iso(change.at),
  Payload: {
    OrderChangeNotification: {
      NotificationLevel: 'OrderLevel',
      SellerId: partner.id,
      AmazonOrderId: order.id,
      OrderChangeType: 'OrderStatusChange',
      OrderChangeTrigger: { TimeOfOrderChange: iso(change.at), ChangeReason: 'OrderStatusChange' },
      Summary: {
        MarketplaceId: marketplaceId,
        OrderStatus: orderWords[change.status],
        PurchaseDate: iso(order.createdAt),
        DestinationPostalCode: order.postalCode || null,
        FulfillmentType: order.fulfilledBy === 'AMAZON' ? 'AFN' : 'MFN',
        OrderType: 'StandardOrder',
        OrderItems: distinctLines(order).map(({ itemId, sku, quantity }) => ({
          OrderItemId: itemId,
          SellerSKU: sku,
          SupplySourceId: null,
          Quantity: quantity,
        })),
      },
    },
  },
  NotificationMetadata: {
    ApplicationId: 'amzn1.sellerapps.app.robnu-sandbox',
    SubscriptionId: uuid(seed, `${partner.id}/ORDER_CHANGE`),
    PublishTime: iso(sentAt),
    NotificationId: uuid(seed, `notification/${order.id}/${change.at}`),
  },
})

const orderWords: Readonly<Record<Change['status'], string>> = {
  PENDING_AVAILABILITY: 'PendingAvailability',
  PENDING: 'Pending',
  UNSHIPPED: 'Unshipped',
  PARTIALLY_SHIPPED: 'PartiallyShipped',
  SHIPPED: 'Shipped',
  CANCELLED: 'Canceled',
  UNFULFILLABLE: 'Unfulfillable',
}

const uuid = (seed: number, key: string): string => {
  const hex = (part: number) => hashOf(seed, `${key}/${part}`).toString(16).padStart(14, '0')
  const [one, two] = [hex(1), hex(2)]
  return `${one.slice(0, 8)}-${one.slice(8, 12)}-4${two.slice(0, 3)}-8${two.slice(3, 6)}-` +
    `${two.slice(6, 14)}${one.slice(0, 4)}`
}

const told = (
  { id, destinationId, payloadVersion, processingDirective }: Subscription,
): SandboxAnswer => ({
  status: 200,
  body: {
    payload: {
      subscriptionId: id,
      ...{ payloadVersion, destinationId },
      ...(processingDirective ? { processingDirective } : {}),
    },
  },
})

const refused = (status: number, code: string, message: string): SandboxAnswer =>
  wireError(status, code, message)

const jsonOf = (body: string): object | undefined => {
  try {
    const json: unknown = JSON.parse(body)
    return json instanceof Object ? json : undefined
  } catch {
    return undefined
  }
}

const NewSubscription = z.object({
  notificationType: z.string(),
  payloadVersion: z.string(),
  destinationId: z.string(),
  processingDirective: z.unknown().optional(),
})
