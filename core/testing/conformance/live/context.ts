/** The way to a real marketplace: declared hosts alone, over https, and nothing that writes. */
import {
  type Account,
  failure,
  type HttpInit,
  type Marketplace,
  type Schema,
} from '../../../plugin.ts'
import { contextOver, type FakeContext, type FakeRequest, withText } from '../../fakes.ts'
import type { Bench, LiveAccount } from '../bench.ts'
import { parsed } from '../world.ts'

/** A search or a sign-in may be a POST; what changes something at a marketplace by these is not asked. */
const reading = new Set(['GET', 'POST'])

export const liveOf = ({ live }: Bench): LiveAccount => {
  if (!live) throw new Error('Cannot check: no real account was given')
  return live
}

export const liveContext = async (bench: Bench<Marketplace>): Promise<FakeContext> => {
  const { plugin, signal } = bench
  const { config, fetch: ask = fetch } = liveOf(bench)
  const send = async ({ method, url, headers, body }: FakeRequest, limit: AbortSignal) => {
    const answer = await ask(url, {
      ...{ method, headers: { accept: 'application/json', ...headers }, signal: limit },
      // it could leave the declared hosts
      redirect: 'error',
      ...(body === undefined ? {} : { body }),
    })
    const { status, headers: told } = answer
    return { status, headers: told, ...withText(new Uint8Array(await answer.arrayBuffer())) }
  }
  const context = contextOver(
    {
      ...{ signal, hosts: plugin.hosts },
      config: plugin.config
        ? await parsed(plugin.config, config ?? {}, 'config of the account')
        : config,
      ...(plugin.limits ? { limits: plugin.limits } : {}),
    },
    () => new Date(),
    send,
  )
  const onlyReads = ({ method = 'GET' }: HttpInit): Promise<never> | undefined =>
    reading.has(method)
      ? undefined
      : Promise.reject(failure('rejected', `${method}: this run only reads`))
  return {
    ...context,
    table: (url, table, init = {}) => onlyReads(init) ?? context.table(url, table, init),
    http: <T>(schema: Schema<T>, url: string, init: HttpInit = {}): Promise<T> =>
      onlyReads(init) ?? context.http(schema, url, init),
  }
}

/** Of accounts whose token was refreshed in this run. */
const fresh = new WeakMap<LiveAccount, unknown>()

/** For the checks to come, and for whoever holds the account. */
export const keepFresh = async (live: LiveAccount, credentials: unknown): Promise<void> => {
  fresh.set(live, credentials)
  await live.keep?.(credentials)
}

/** By the plugin's own schemas, as an account is connected. */
export const liveAccount = async (
  bench: Bench<Marketplace>,
): Promise<Account<unknown, unknown>> => {
  const live = liveOf(bench)
  const { externalAccountId, details } = live
  const credentials = fresh.get(live) ?? live.credentials
  return {
    ...{ id: '00000000-0000-4000-8000-000000000001', externalAccountId },
    details: await parsed(bench.plugin.details, details, 'details of the account'),
    credentials: await parsed(bench.plugin.credentials, credentials, 'credentials of the account'),
  }
}
