/** A sandbox for one test, asked as the gateway is asked, by a signature of the test's own. */
import { createHash, createHmac } from 'node:crypto'
import { callVerb, type RunningSandbox, upstreamAt, upstreamHostHeader } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import startSandbox from '../sandbox.ts'

export const SubOrder = z.object({
  sub_order_no: z.string(),
  order_no: z.string(),
  status: z.string(),
  verified: z.boolean(),
  on_hold: z.boolean(),
  sku: z.string(),
  size: z.string(),
  quantity: z.number(),
  packet_id: z.string().nullable(),
  awb: z.string().nullable(),
  courier: z.string().nullable(),
  manifest_id: z.string().nullable(),
  exchange_of: z.string().nullable(),
  updated_at: z.string(),
})
export type SubOrder = z.infer<typeof SubOrder>
export const Page = z.object({
  data: z.array(z.record(z.string(), z.unknown())),
  next_cursor: z.string().nullable(),
})
const Failed = z.array(z.object({
  sub_order_no: z.string(),
  code: z.string(),
  manifest_id: z.string().nullish(),
}))
export const Job = z.object({
  status: z.string(),
  url: z.string().nullable(),
  labels: z.array(z.object({ sub_order_no: z.string(), packet_id: z.string(), url: z.string() })),
  failed: Failed,
})
export const Manifest = z.object({
  manifest_id: z.string(),
  date: z.string(),
  parcels: z.array(z.object({ sub_order_no: z.string() })),
  url: z.string(),
  excluded: Failed,
})
const Row = z.object({ id: z.string(), state: z.string() })
const Ledger = z.object({
  orders: z.array(Row.extend({ onHold: z.boolean(), totalPaise: z.number() })),
  returns: z.array(Row.extend({ orderId: z.string(), kind: z.string() })),
  payouts: z.array(Row.extend({ amount: z.string(), lines: z.number() })),
  stock: z.record(z.string(), z.number()),
  parcels: z.record(z.string(), z.number()),
})
type Ledger = z.infer<typeof Ledger>
export const Keys = z.object({
  api_key: z.string(),
  api_secret: z.string(),
  webhook_secret: z.string(),
})

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly text: string
  readonly json: unknown
}
export interface World {
  readonly sandbox: RunningSandbox
  readonly control: (verb: string, body?: object) => Promise<Record<string, unknown>>
  readonly wait: (minutes: number) => Promise<unknown>
  readonly now: () => number
  /** As one supplier, by its place among the accounts. */
  readonly as: (at: number) => Gateway
  readonly fetchFile: (url: string) => Promise<Answer>
  readonly ledger: (at?: number) => Promise<Ledger>
}
interface Signing {
  readonly key?: string
  readonly secret?: string
  readonly skewSeconds?: number
}
export interface Gateway {
  readonly id: string
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    signing?: Signing,
  ) => Promise<Answer>
  /** New sub-orders; accepted ones wait for nothing. */
  readonly place: (body?: object) => Promise<readonly string[]>
  readonly find: (no: string) => Promise<SubOrder>
  /** Asks for labels and waits until they are made. */
  readonly label: (numbers: readonly string[]) => Promise<z.infer<typeof Job>>
}

/** Of a refusal. */
export const codeOf = ({ json }: Answer): string =>
  z.object({ error: z.object({ code: z.string() }) }).parse(json).error.code

export const startWorld = async (
  options: { limited?: boolean; dir?: string; seed?: number; env?: Record<string, string> } = {},
): Promise<World> => {
  const { limited = false, env = {}, seed = 7, dir } = options
  const sandbox = await startSandbox({ seed, speed: 0, env, ...(dir ? { dir } : {}) })
  onTestFinished(() => sandbox.stop())
  const control: World['control'] = async (verb, body) =>
    z.record(z.string(), z.unknown()).parse(await callVerb(sandbox, verb, body))
  if (!limited) {
    await control('throttle', { operation: 'gateway', ratePerSecond: 1e6, burst: 1e6 })
  }
  const now = () => upstreamAt(sandbox.clock, Date.now())
  const wait = (minutes: number) => control('clock', { bySeconds: minutes * 60 })
  const idOf = (at: number) => sandbox.accounts[at]?.externalAccountId ?? ''
  return {
    ...{ sandbox, control, wait, now },
    as: (at) => {
      const keys = Keys.parse(sandbox.accounts[at]?.credentials)
      return gatewayOf({ ...{ sandbox, control, wait, now }, keys, id: idOf(at) })
    },
    fetchFile: (url) => {
      const { host, pathname } = new URL(url)
      return sent(`${sandbox.url}${pathname}`, { headers: { [upstreamHostHeader]: host } })
    },
    ledger: async (at = 0) => {
      const { accounts } = await control('ledger')
      return z.record(z.string(), Ledger).parse(accounts)[idOf(at)] ?? Ledger.parse(undefined)
    },
  }
}

const gatewayOf = (
  { sandbox, control, wait, now, keys, id }: Pick<World, 'sandbox' | 'control' | 'wait' | 'now'> & {
    readonly keys: z.infer<typeof Keys>
    readonly id: string
  },
): Gateway => {
  const ask: Gateway['ask'] = (method, path, json, signing = {}) => {
    const { key = keys.api_key, secret = keys.api_secret, skewSeconds = 0 } = signing
    const body = json === undefined ? '' : JSON.stringify(json)
    const timestamp = String(Math.floor(now() / 1000) + skewSeconds)
    const headers = {
      'x-api-key': key,
      'x-supplier-identifier': id,
      'x-timestamp': timestamp,
      'x-signature': sign(secret, method, path, timestamp, body),
    }
    return sent(sandbox.url + path, { method, headers, ...(body === '' ? {} : { body }) })
  }
  const find: Gateway['find'] = async (no) =>
    SubOrder.parse(Page.parse((await ask('GET', `/v2/orders?sub_order_nos=${no}`)).json).data[0])
  return {
    ...{ id, ask, find },
    place: async (body = {}) =>
      z.array(z.string()).parse(
        (await control('createOrders', { supplier: id, ...body })).orderIds,
      ),
    label: async (numbers) => {
      const asked = await ask('POST', '/v2/shipments/labels', { sub_order_nos: numbers })
      const { job_id } = z.object({ job_id: z.string() }).parse(asked.json)
      await wait(2)
      return Job.parse((await ask('GET', `/v2/jobs/${job_id}`)).json)
    },
  }
}

export const sign = (
  ...[secret, method, path, timestamp, body]: readonly [string, string, string, string, string]
): string => {
  const digest = createHash('sha256').update(body).digest('hex')
  return createHmac('sha256', secret).update(`${method}\n${path}\n${timestamp}\n${digest}`)
    .digest('hex')
}

const sent = async (url: string, init: RequestInit): Promise<Answer> => {
  const answer = await fetch(url, init)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const { status, headers } = answer
  const text = new TextDecoder().decode(bytes)
  const isJson = headers.get('content-type') === 'application/json'
  return { status, headers, bytes, text, json: isJson ? jsonOf(text) : undefined }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** All pages of a list; `between` runs behind each. */
export const walk = async (
  gateway: Gateway,
  path: string,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly Record<string, unknown>[]> => {
  const rows: Record<string, unknown>[] = []
  for (let cursor: string | null = '';;) {
    const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
    const { data, next_cursor } = Page.parse((await gateway.ask('GET', `${path}${more}`)).json)
    rows.push(...data)
    if (next_cursor === null) return rows
    cursor = next_cursor
    await between()
  }
}
