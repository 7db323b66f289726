/** The gateway of `wire.md`, asked over https; what is signed is what is sent. */
import { type Context, failure, failureOf, type HttpInit, type Schema } from 'robnu/plugin'
import * as answers from './answers.ts'
import { explain, refusalOf } from './refusals.ts'
import { hosts } from './schemas.ts'
import { sign } from './signing.ts'
import type { Connection, Outcome, PageAsk, Transport } from './transport.ts'

const base = `https://${hosts[0]}/v2`

/** The transport that is in use: replace this one to speak with anything else. */
export const connect = (account: Connection, ctx: Context): Transport => {
  const { get, post, send } = requester(account, ctx)
  const list = (path: string) => ({ updatedFrom, updatedTo, ...rest }: PageAsk) =>
    get(answers.RawPage, path, {
      ...{ updated_from: updatedFrom, updated_to: updatedTo },
      ...{ limit: String(rest.limit), cursor: rest.cursor ?? undefined },
    })
  const named = async (name: string, ids: readonly string[]) => {
    // they are joined by commas: one that holds a comma would ask for two others
    const asked = ids.filter((id) => /^[\w.-]{1,80}$/.test(id))
    if (asked.length === 0) return []
    return (await get(answers.SubOrders, '/orders', { [name]: asked.join(',') })).data
  }
  return {
    account: () => get(answers.Account, '/account'),
    orders: list('/orders'),
    subOrders: async (numbers) =>
      (await named('sub_order_nos', numbers)).filter((one) => numbers.includes(one.sub_order_no)),
    packets: async (packetIds) =>
      (await named('packet_ids', packetIds)).filter((one) =>
        one.packet_id !== null && packetIds.includes(one.packet_id)
      ),
    accept: async (numbers) =>
      (await post(answers.Accepted, '/orders/accept', { sub_order_nos: numbers })).results,
    cancel: (number, reasonCode) =>
      send(answers.SubOrder, '/orders/cancel', 'POST', {
        sub_order_no: number,
        reason_code: reasonCode,
      }),
    askLabels: async (numbers) =>
      (await post(answers.AskedLabels, '/shipments/labels', { sub_order_nos: numbers })).job_id,
    job: async (id) =>
      asked(id, await get(answers.Job, `/jobs/${encodeURIComponent(id)}`), 'job_id'),
    file: (url) => ctx.download(url, { operation: 'files', explain }),
    createManifest: (courier, numbers) =>
      send(answers.Manifest, '/manifests', 'POST', { courier, sub_order_nos: numbers }),
    manifest: async (id) =>
      asked(id, await get(answers.Manifest, `/manifests/${encodeURIComponent(id)}`), 'manifest_id'),
    returns: list('/returns'),
    payments: async (kind, from, to) =>
      (await get(answers.PaymentFiles, '/payments', { from, to, kind })).files,
    putInventory: async (items) => {
      const { location_external_identifier } = account.details
      const body = { location_external_identifier, items }
      return valueOf(await send(answers.StockResults, '/inventory', 'PUT', body)).results
    },
  }
}

/** The value of an outcome; what was refused is a failure. */
const valueOf = <T>(outcome: Outcome<T>): T => {
  if ('value' in outcome) return outcome.value
  const { code } = outcome.refused.error
  const { kind, ...told } = explain(422, outcome.refused) ?? { kind: 'rejected', message: code }
  const { message, ...detail } = told
  throw failure(kind, message, detail)
}

/** Whoever acts on an answer must know that it is of the thing that was asked for. */
const asked = <K extends string, T extends Readonly<Record<K, string>>>(
  id: string,
  value: T,
  member: K,
): T => {
  if (value[member] === id) return value
  throw failure('bad-response', 'Meesho answered with another thing than the one asked for')
}

type Query = Readonly<Record<string, string | undefined>>

const requester = (account: Connection, ctx: Context) => {
  const { api_key: apiKey, api_secret: secret } = account.credentials

  const request = async (url: URL, method: 'GET' | 'POST' | 'PUT', body?: unknown) => {
    ctx.signal.throwIfAborted()
    const text = body === undefined ? '' : JSON.stringify(body)
    const timestamp = String(Math.floor(ctx.now().getTime() / 1000))
    const path = url.pathname + url.search
    const init: HttpInit = {
      method,
      operation: 'gateway',
      explain,
      headers: {
        'x-api-key': apiKey,
        'x-supplier-identifier': account.externalAccountId,
        'x-timestamp': timestamp,
        'x-signature': await sign(secret, { method, path, timestamp, body: text }),
      },
      ...(text === '' ? {} : { text: { type: 'application/json', body: text } }),
    }
    return init
  }
  const addressOf = (path: string, query: Query = {}): URL => {
    const url = new URL(base + path)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.append(name, value)
    }
    return url
  }

  const get = async <T>(schema: Schema<T>, path: string, query?: Query): Promise<T> => {
    const url = addressOf(path, query)
    return await ctx.http(schema, url.href, await request(url, 'GET'))
  }
  const post = async <T>(schema: Schema<T>, path: string, body: unknown): Promise<T> => {
    const url = addressOf(path)
    return await ctx.http(schema, url.href, await request(url, 'POST', body))
  }
  const send = async <T>(
    schema: Schema<T>,
    path: string,
    method: 'POST' | 'PUT',
    body: unknown,
  ): Promise<Outcome<T>> => {
    const url = addressOf(path)
    let refused: answers.RefusalBody | undefined
    const keep: HttpInit['explain'] = (status, answer) => {
      if (status === 409 || status === 422) refused = refusalOf(answer)
      return explain(status, answer)
    }
    try {
      const init = await request(url, method, body)
      return { value: await ctx.http(schema, url.href, { ...init, explain: keep }) }
    } catch (error) {
      if (refused && failureOf(error)?.kind === 'rejected') return { refused }
      throw error
    }
  }
  return { get, post, send }
}
