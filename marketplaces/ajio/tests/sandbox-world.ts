/** A sandbox for one test, asked as the gateway is asked, with a clock that stands still. */
import { type RunningSandbox, upstreamAt } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import startSandbox from '../sandbox.ts'
import { rates } from '../sandbox/rates.ts'

const Line = z.object({
  sellerOrderNo: z.string(),
  jioCode: z.string(),
  sellerSku: z.string(),
  orderQty: z.number(),
  confirmedQty: z.number().nullable(),
  shippedQty: z.number(),
  cancelledQty: z.number(),
  customerCancelledQty: z.number(),
  sellerCancelledQty: z.number(),
})
export const Parcel = z.object({
  shipmentId: z.string(),
  status: z.string(),
  awb: z.string(),
  manifestId: z.string().nullable(),
  lines: z.array(z.object({ sellerOrderNo: z.string(), quantity: z.number() })),
})
export const Order = z.object({
  custOrderNo: z.string(),
  poNo: z.string(),
  status: z.string(),
  onHold: z.boolean(),
  updatedAt: z.string(),
  lines: z.array(Line),
  shipments: z.array(Parcel),
})
export type Order = z.infer<typeof Order>
export const Page = z.object({
  content: z.array(z.record(z.string(), z.unknown())),
  page: z.number(),
  totalPages: z.number(),
  totalElements: z.number(),
})
export const Refusal = z.object({
  code: z.string(),
  shipmentId: z.string().optional(),
  errors: z.array(z.record(z.string(), z.string())),
})
const Credentials = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  session_context: z.string(),
  user_context: z.string(),
})
export type Credentials = z.infer<typeof Credentials>
const Details = z.object({ store_code: z.string(), gstin: z.string() })

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly text: string
  readonly json: unknown
}
export interface Gateway {
  readonly pob: string
  readonly storeCode: string
  readonly ask: Ask
  readonly get: (path: string) => Promise<Answer>
  readonly send: (method: 'POST' | 'PUT', path: string, body?: unknown) => Promise<Answer>
  readonly order: (no: string) => Promise<Order>
  /** The code of a refusal, or `ok`. */
  readonly outcome: (answer: Answer) => string
}
export interface World {
  readonly sandbox: RunningSandbox
  readonly control: (verb: string, body?: object) => Promise<Record<string, unknown>>
  readonly newOrders: (body?: object) => Promise<readonly string[]>
  readonly wait: (minutes: number) => Promise<unknown>
  readonly now: () => number
  /** As one POB, by its place among the accounts; a dead access token is refreshed. */
  readonly as: (at: number) => Gateway
  /** As whoever has these credentials; nothing is refreshed. */
  readonly with: (at: number, credentials: Credentials, pob?: string) => Gateway
  readonly refresh: (credentials: Credentials) => Promise<Answer>
  readonly credentials: (at: number) => Credentials
}

export const startWorld = async (
  options: { limited?: boolean; dir?: string; seed?: number; env?: Record<string, string> } = {},
): Promise<World> => {
  const { limited = false, env = {}, seed = 7, dir } = options
  const sandbox = await startSandbox({ seed, speed: 0, env, ...(dir ? { dir } : {}) })
  onTestFinished(() => sandbox.stop())
  const control: World['control'] = async (verb, body = {}) => {
    const answer = await fetch(`${sandbox.url}/_control/${verb}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    const json = z.record(z.string(), z.unknown()).parse(await answer.json())
    if (!answer.ok) throw new Error(`${verb}: ${JSON.stringify(json)}`)
    return json
  }
  const credentials = (at: number): Credentials =>
    Credentials.parse(sandbox.accounts[at]?.credentials)
  const bare = (at: number, own: Credentials, pob?: string): Gateway => {
    const account = sandbox.accounts[at]
    const { store_code } = Details.parse(account?.details)
    return gatewayOf(
      (method, path, body) =>
        ask(`${sandbox.url}/vms${path}`, method, body, {
          'authorization': `Bearer ${own.access_token}`,
          'x-pob-id': pob ?? account?.externalAccountId ?? '',
          'x-store-code': store_code,
        }),
      account?.externalAccountId ?? '',
      store_code,
    )
  }
  const refresh = ({ refresh_token, session_context }: Credentials): Promise<Answer> =>
    ask(`${sandbox.url}/vms/session/refresh`, 'POST', { refresh_token, session_context })
  const living = new Map<number, Credentials>()
  const as = (at: number): Gateway => {
    const { pob, storeCode } = bare(at, credentials(at))
    return gatewayOf(
      async (method, path, body) => {
        const own = living.get(at) ?? credentials(at)
        const first = await bare(at, own).ask(method, path, body)
        if (first.status !== 401) return first
        const renewed = Credentials.safeParse((await refresh(own)).json)
        if (!renewed.success) return first
        living.set(at, renewed.data)
        return bare(at, renewed.data).ask(method, path, body)
      },
      pob,
      storeCode,
    )
  }
  if (!limited) {
    for (const operation of Object.keys(rates)) {
      await control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
    }
  }
  return {
    ...{ sandbox, control, as, with: bare, refresh, credentials },
    newOrders: async (body = {}) => {
      const { orderIds } = await control('createOrders', { onHold: false, ...body })
      return z.array(z.string()).parse(orderIds)
    },
    wait: (minutes) => control('clock', { bySeconds: minutes * 60 }),
    now: () => upstreamAt(sandbox.clock, Date.now()),
  }
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>

const ask = async (
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(url, { method, headers, ...text })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const isJson = answer.headers.get('content-type') === 'application/json'
  const { status } = answer
  const decoded = new TextDecoder().decode(bytes)
  return {
    ...{ status, headers: answer.headers, bytes, text: decoded },
    json: isJson ? jsonOf(decoded) : undefined,
  }
}

const gatewayOf = (ask: Ask, pob: string, storeCode: string): Gateway => ({
  ...{ pob, storeCode, ask },
  get: (path) => ask('GET', path),
  send: (method, path, body = {}) => ask(method, path, body),
  order: async (no) => Order.parse((await ask('GET', `/orders/${no}`)).json),
  outcome: ({ status, json }) => status === 200 ? 'ok' : `${status} ${Refusal.parse(json).code}`,
})

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What confirms the whole of an order, or all but so many pieces of its first line. */
export const confirmationOf = (order: Order, less = 0) =>
  order.lines.map(({ sellerOrderNo, jioCode, orderQty, cancelledQty }, at) => ({
    custOrderNo: order.custOrderNo,
    sellerOrderNo,
    jioCode,
    confirmedQty: orderQty - cancelledQty - (at === 0 ? less : 0),
  }))

/** A package of everything that is confirmed. */
export const packageOf = (order: Order, sellerInvoiceNo = `T/${order.custOrderNo}`) => ({
  custOrderNo: order.custOrderNo,
  sellerInvoiceNo,
  sellerInvoiceDate: '2026-08-14',
  box: { weightGrams: 400, lengthCm: 30, breadthCm: 20, heightCm: 5 },
  lines: order.lines.filter(({ orderQty, cancelledQty }) => orderQty > cancelledQty).map((
    line,
  ) => ({
    sellerOrderNo: line.sellerOrderNo,
    jioCode: line.jioCode,
    quantity: line.orderQty - line.cancelledQty,
  })),
})

/** Acknowledges and packs as a seller does; the package. */
export const packed = async (gateway: Gateway, no: string): Promise<z.infer<typeof Parcel>> => {
  const order = await gateway.order(no)
  await gateway.send('POST', '/orders/acknowledge', { lines: confirmationOf(order) })
  const answer = await gateway.send('POST', '/shipments', packageOf(order))
  return Parcel.parse(answer.json)
}

/** The POB's part of the sandbox's own books. */
export const booksOf = async (world: World, pob: string) => {
  const { pobs } = await world.control('books', { pob })
  return z.record(z.string(), Books).parse(pobs)[pob] ?? Books.parse(undefined)
}
const Books = z.object({
  orders: z.array(z.object({
    no: z.string(),
    status: z.string(),
    onHold: z.boolean(),
    packages: z.number(),
    totalPaise: z.number(),
    lines: z.array(z.object({
      orderQty: z.number(),
      shippedQty: z.number(),
      cancelledQty: z.number(),
      returnedQty: z.number(),
    })),
    shipment: z.object({ id: z.string(), status: z.string() }).nullable(),
    returns: z.array(z.object({
      no: z.string(),
      type: z.string(),
      status: z.string(),
      creditNotePaise: z.number().nullable(),
    })),
  })),
  manifests: z.array(z.object({ id: z.string(), reference: z.string(), status: z.string() })),
  settlements: z.array(z.object({
    clearingDocNo: z.string(),
    status: z.string(),
    totalPaise: z.number(),
    lines: z.array(z.object({
      internalDocNo: z.string(),
      journeyType: z.string(),
      custOrderNo: z.string(),
      grossPaise: z.number(),
      netPaise: z.number(),
    })),
  })),
  stock: z.record(z.string(), z.number()),
  asked: z.record(z.string(), z.number()),
  done: z.record(z.string(), z.number()),
})
export type Books = z.infer<typeof Books>
