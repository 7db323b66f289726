/** A house of AJIO: three POBs of two sellers, processes that can be killed, and the gateway's own books. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DemoClient } from '../../scripts/demo.ts'
import { cleanEnvironment } from '../../scripts/proof/support/environment.ts'
import { type App, type House, openHouse } from '../../scripts/proof/support/house.ts'
import type { Books } from './books.ts'

const config = fileURLToPath(new URL('ajio.json', import.meta.url))

/** `speed` times as fast as ours runs AJIO's clock. */
export const openAjioHouse = (home: string, speed: number): Promise<House> =>
  openHouse({
    home,
    env: {
      ...cleanEnvironment(),
      ROBNU_CONFIG: config,
      // the sweeps would ask for runs of their own
      ROBNU_RUN: 'api,worker',
      // longer than a poll of the queue: one that a killed app has left behind still takes messages
      ROBNU_LEASE_MS: '2000',
      // tests ask more often than a seller may
      ROBNU_LIMITS: 'burst=1000000/60,write=1000000/60',
      // what comes is what a test asks for
      ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY: '0',
    },
    sandboxSpeed: speed,
  })

/** A POB as its seller has connected it. */
export interface Shop {
  readonly pob: string
  readonly accountId: string
  readonly client: DemoClient
}

/** The first POBs of the sandbox, each at its own seller. */
export const connectShops = async (
  house: House,
  app: App,
  count: number,
): Promise<readonly Shop[]> => {
  const shops: Shop[] = []
  for (const account of house.accountsOf('ajio').slice(0, count)) {
    const client = await house.owner(app, account.seller ?? 0)
    const { status, body } = await client('POST', '/v1/marketplace-accounts', {
      marketplace: 'AJIO',
      external_account_id: account.externalAccountId,
      name: account.name,
      details: account.details,
      credentials: account.credentials,
    })
    if (status !== 201) throw new Error(`Cannot connect a POB: ${JSON.stringify(body)}`)
    shops.push({ pob: account.externalAccountId, accountId: String(body['id']), client })
  }
  return shops
}

export const readBooks = async (house: House, pob: string): Promise<Books> => {
  const { pobs } = await house.control('books', { pob }) as { pobs: Record<string, Books> }
  const books = pobs[pob]
  if (!books) throw new Error(`The sandbox keeps no books of "${pob}"`)
  return books
}

type Target = 'ORDERS' | 'RETURNS' | 'PAYOUTS'

/** Asks for a run of the target and waits for its end; whoever waits already is joined. */
export const sync = async (
  { accountId, client }: Pick<Shop, 'accountId' | 'client'>,
  target: Target,
  patienceMs = 60_000,
): Promise<Ended> => {
  const path = `/v1/marketplace-accounts/${accountId}/sync`
  const { status, body } = await client('POST', path, { target })
  if (status !== 202) throw new Error(`Cannot ask for ${target}: ${JSON.stringify(body)}`)
  return await follow(client, (body['run'] as { id: string }).id, patienceMs)
}

export interface Ended {
  readonly id: string
  readonly state: string
  readonly received: number
  readonly new: number
  readonly changed: number
  readonly rejected: number
  readonly failure: unknown
}

/** Waits for the end of a run; an API that is away for a moment is asked again. */
const follow = async (
  client: DemoClient,
  runId: string,
  patienceMs = 60_000,
): Promise<Ended> => {
  let movedAt = performance.now()
  let last = ''
  for (;;) {
    const { status, body } = await client('GET', `/v1/runs/${runId}`)
    if (status === 200) {
      const run = body as unknown as Ended
      if (run.state === 'SUCCEEDED') return run
      if (run.state === 'FAILED') throw new Error(`The run failed: ${JSON.stringify(run.failure)}`)
    } else if (status !== 503) throw new Error(`Cannot read the run: ${JSON.stringify(body)}`)
    const now = JSON.stringify(body)
    if (now !== last) movedAt = performance.now()
    last = now
    if (performance.now() - movedAt > patienceMs) throw new Error(`The run does not move: ${now}`)
    await sleep(100)
  }
}

export interface EndedBatch {
  readonly id: string
  readonly run_id: string
  readonly state: string
  readonly orders: Readonly<Record<'total' | 'open' | 'done' | 'held' | 'stopped', number>>
  readonly documents: Readonly<Record<string, number>>
  readonly failure: unknown
}

/** Asks for a batch of all that is ready, or of some orders; resolves when it has ended. */
export const processAll = async (
  { accountId, client }: Pick<Shop, 'accountId' | 'client'>,
  ask: object = {},
  patienceMs = 60_000,
): Promise<EndedBatch> => {
  const body = { marketplace_account_id: accountId, ...ask }
  const asked = await client('POST', '/v1/processing', body)
  if (asked.status !== 202) throw new Error(`Cannot process: ${JSON.stringify(asked.body)}`)
  const { id, run_id: runId } = asked.body as unknown as EndedBatch
  await follow(client, runId, patienceMs)
  const read = await client('GET', `/v1/processing/${id}`)
  return read.body as unknown as EndedBatch
}

/** Every page of a list. */
export const listAll = async <Row>(
  client: DemoClient,
  path: string,
  limit = 'limit=100',
): Promise<readonly Row[]> => {
  const rows: Row[] = []
  const sign = path.includes('?') ? '&' : '?'
  for (let cursor: string | null = '';;) {
    const { status, body } = await client('GET', `${path}${sign}${limit}${cursor}`)
    if (status !== 200) throw new Error(`Cannot list ${path}: ${JSON.stringify(body)}`)
    rows.push(...body['data'] as Row[])
    const { next } = body['page'] as { next: string | null }
    if (next === null) return rows
    cursor = `&cursor=${encodeURIComponent(next)}`
  }
}

/** Ids of orders by the marketplace's own. */
export const idsOf = (
  house: House,
  { accountId }: Shop,
  externalIds: readonly string[],
): Promise<readonly string[]> =>
  house.asSuperuser(async (sql) => {
    const rows = await sql<{ id: string }[]>`
      select id from orders where marketplace_account_id = ${accountId}
        and external_order_id = any (${externalIds as string[]})`
    if (rows.length !== externalIds.length) throw new Error('The ledger does not have all of them')
    return rows.map(({ id }) => id)
  })

/** As a seller does whose session has ended: signed in anew at the portal, handed over again. */
export const reconnect = async (house: House, { pob, accountId, client }: Shop): Promise<void> => {
  const { credentials } = await house.control('connect', { pob }, 'ajio') as { credentials: object }
  const path = `/v1/marketplace-accounts/${accountId}/credentials`
  const { status, body } = await client('PUT', path, { credentials })
  if (status !== 200) throw new Error(`Cannot connect again: ${JSON.stringify(body)}`)
}
