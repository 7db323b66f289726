/** The gateway of `wire.md`, asked over https. */
import { type Context, failure, failureOf, type HttpInit, type Schema } from 'robnu/plugin'
import * as answers from './answers.ts'
import { explain, refusalOf, tokenExpired, tokenExpiredMessage } from './refusals.ts'
import { type Credentials, hosts } from './schemas.ts'
import type { Connection, Outcome, Transport } from './transport.ts'

const base = `https://${hosts[0]}/vms`
// a token must outlive its request, and the wait for a permit before it (three minutes for one)
const expiryMarginMs = 4 * 60_000

/** The transport that is in use: replace this one to speak with anything else. */
export const connect = (account: Connection, ctx: Context): Transport => {
  const { get, post, send, load } = requester(account, ctx)
  const { store_code: storeCode } = account.details
  const shipments = `${base}/shipments`
  const manifests = `${base}/manifests`
  return {
    session: () => get(answers.Session, `${base}/session`, 'session'),
    refresh: () => refresh(account, ctx),
    orders: (query) => get(answers.RawPage, `${base}/orders`, 'orders', { ...query }),
    order: async (no) => {
      const order = await get(answers.Order, `${base}/orders/${part(no)}`, 'orders')
      return asked(no, order.custOrderNo, order)
    },
    b2bInfo: (poNo) =>
      send(answers.B2bInfo, `${base}/orders/${part(poNo)}/b2b-info`, { operation: 'orders' }),
    acknowledge: (lines) => post(answers.Acknowledged, `${base}/orders/acknowledge`, { lines }),
    cancel: (no, lines, reason) =>
      post(answers.Anything, `${base}/orders/${part(no)}/cancel`, { lines, reason }),
    createShipment: (shipment) => post(answers.Shipment, shipments, shipment),
    shipment: async (id) => {
      const shipment = await get(answers.Shipment, `${shipments}/${part(id)}`, 'orders')
      return asked(id, shipment.shipmentId, shipment)
    },
    paper: (id, paper) => load(`${shipments}/${part(id)}/${paper}`),
    manifestPaper: (id) => load(`${manifests}/${part(id)}/document`),
    manifests: async (reference) =>
      (await get(answers.Manifests, manifests, 'orders', { reference })).content,
    manifest: async (id) => {
      const manifest = await get(answers.Manifest, `${manifests}/${part(id)}`, 'orders')
      return asked(id, manifest.manifestId, manifest)
    },
    createManifest: async (reference) =>
      valueOf(await post(answers.Manifest, manifests, { storeCode, reference })),
    fillManifest: (id, change) =>
      post(answers.Manifest, `${manifests}/${part(id)}/shipments`, change),
    closeManifest: (id) => post(answers.Manifest, `${manifests}/${part(id)}/close`, {}),
    returns: (query) => get(answers.RawPage, `${base}/returns`, 'returns', { ...query }),
    processed: (no, disposition) =>
      post(answers.Return, `${base}/returns/${part(no)}/processed`, { disposition }),
    settlements: (query) =>
      get(answers.RawPage, `${base}/settlements`, 'settlements', { ...query }),
    putInventory: (items) =>
      send(answers.Updated, `${base}/inventory`, {
        method: 'PUT',
        operation: 'inventory',
        json: { storeCode, items },
      }),
    getInventory: async (skus) =>
      (await get(answers.StockItems, `${base}/inventory`, 'inventory', { sellerSku: skus })).items,
  }
}

/** The value of an outcome that nothing can refuse. */
const valueOf = <T>(outcome: Outcome<T>): T => {
  if ('value' in outcome) return outcome.value
  throw failure('rejected', 'AJIO refused what it never refuses', { code: outcome.refused.code })
}

/** Whoever acts on an answer must know that it is of the thing that was asked for. */
const asked = <T>(id: string, told: string, value: T): T => {
  if (id === told) return value
  throw failure('bad-response', 'AJIO answered with another thing than the one that was asked for')
}

const part = (id: string): string => encodeURIComponent(id)

const requester = (account: Connection, ctx: Context) => {
  const init = (more: HttpInit): HttpInit => ({
    ...more,
    headers: {
      authorization: `Bearer ${accessToken(account, ctx)}`,
      'x-pob-id': account.externalAccountId,
      'x-store-code': account.details.store_code,
    },
  })
  const get = <T>(schema: Schema<T>, url: string, operation: string, query?: HttpInit['query']) =>
    ctx.http(schema, url, init({ operation, explain, ...(query ? { query } : {}) }))

  const send = async <T>(schema: Schema<T>, url: string, more: HttpInit): Promise<Outcome<T>> => {
    let refused: answers.RefusalBody | undefined
    const keep: HttpInit['explain'] = (status, body) => {
      if (status === 409 || status === 422) refused = refusalOf(body)
      return explain(status, body)
    }
    try {
      return { value: await ctx.http(schema, url, init({ ...more, explain: keep })) }
    } catch (error) {
      if (refused && failureOf(error)?.kind === 'rejected') return { refused }
      throw error
    }
  }
  const post = <T>(schema: Schema<T>, url: string, json: unknown) =>
    send(schema, url, { method: 'POST', operation: 'write', json })
  const load = (url: string) => ctx.download(url, init({ operation: 'documents', explain }))
  return { get, send, post, load }
}

const accessToken = ({ credentials }: Connection, ctx: Context): string => {
  ctx.signal.throwIfAborted()
  const { access_token: token, token_expires_at: expiresAt } = credentials
  const dies = expiresAt ? Date.parse(expiresAt) : Infinity
  if (dies - expiryMarginMs > ctx.now().getTime()) return token
  // the host refreshes and calls again with the last stored cursor
  throw failure('auth', tokenExpiredMessage, { code: tokenExpired })
}

const refresh = async ({ credentials }: Connection, ctx: Context): Promise<Credentials> => {
  const asked = ctx.now()
  const { refresh_token, session_context } = credentials
  const { expires_in, ...blobs } = await ctx.http(answers.TokenSet, `${base}/session/refresh`, {
    method: 'POST',
    operation: 'session',
    json: { refresh_token, session_context },
    explain,
  })
  return {
    ...credentials,
    ...blobs,
    token_expires_at: new Date(asked.getTime() + expires_in * 1000).toISOString(),
    last_refresh_at: asked.toISOString(),
  }
}
