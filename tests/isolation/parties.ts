/** A seller with people of every role, connected shops, orders, and whatever else there is; all marked. */
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { roles } from '#core/auth/principal.ts'
import { numberSecrets } from '#core/crypto/numbered.ts'
import type { Operations } from '#core/db/operations.ts'
import { newId } from '#core/ids.ts'
import type { Role } from '#core/plugin.ts'
import { ensureSeller } from '#core/tenancy/provision.ts'
import type { RunningSandbox } from '#core/testing/sandbox/sandbox.ts'
import { type Ask, type Client, clientAt } from './clients.ts'
import { makeImports } from './import-party.ts'
import { markOf, shopsOf } from './marks.ts'
import { makeBatches } from './party-batches.ts'
import { connectAndSync, markOrders, readShop } from './party-shops.ts'
import { makeStock } from './party-stock.ts'
import type { Store } from './whole-app.ts'

export interface Person {
  readonly email: string
  readonly password: string
  readonly role: Role
  readonly client: Client
}
/** One account of a marketplace, as a seller connects it. */
export interface Shop {
  readonly marketplace: 'BAZAAR'
  readonly external_account_id: string
  readonly name: string
  readonly details: unknown
  readonly credentials: unknown
}
export interface Party {
  readonly number: number
  /** Stands in all texts of this seller, and of nobody else. */
  readonly mark: string
  readonly sellerId: string
  readonly email: string
  readonly shops: readonly [Shop, Shop]
  readonly people: Readonly<Record<Role, Person>>
  /** With the owner's session. */
  readonly ask: Ask
  /** The secret of an API key with every scope. */
  readonly key: string
}
export interface House {
  readonly url: string
  /** The process's own. */
  readonly secret: string
  readonly store: Store
  readonly sandbox: RunningSandbox
  readonly sql: Operations
}

/** Works for three sellers: those with the numbers 1 to 3, 4 to 6, and so on. */
export const accountant = (seller: number): string =>
  `accountant-${Math.floor((seller - 1) / 3)}@example.in`
/** Of everybody here. */
const password = 'Secret-of-everybody-zqcanary'

export const makeParty = async (house: House, number: number): Promise<Party> => {
  const mark = markOf(number)
  const emailOf = (role: Role) => `${role.toLowerCase()}.${mark}@example.in`
  const passwordHash = await hashOnce(house.secret, password)
  const { sellerId } = await ensureSeller(house.store.db, {
    name: `Stall of ${mark}`,
    users: [
      ...roles.map((role) => ({ email: emailOf(role), passwordHash, role })),
      { email: accountant(number), passwordHash, role: 'FINANCE' as const },
    ],
  })
  const people = {} as Record<Role, Person>
  for (const role of roles) {
    const client = clientAt(house.url, { 'user-agent': `Browser of ${mark}` })
    people[role] = { email: emailOf(role), password, role, client }
    await signIn(people[role])
  }
  const { ask } = people.OWNER.client
  const shops = await Promise.all(
    shopsOf(number).map((shop, at) => readShop(house, shop, at, mark)),
  )
  const [first, second] = shops
  if (!first || !second) throw new Error('The sandbox has too few shops')
  for (const shop of [first, second]) {
    await markOrders(house.sandbox, number, shop.external_account_id)
    await connectAndSync(ask, shop)
  }
  const party = { number, mark, sellerId, people, ask }
  await stepUp(people.OWNER)
  const key = await makeKey(party, `Key of ${mark}`)
  await makeTheRest(party)
  await makeExport(house.sql, sellerId)
  await makeCare(house.sql, sellerId)
  await comeToRest(party)
  return { ...party, email: emailOf('OWNER'), shops: [first, second], key }
}

/** Hashes are made once: one for each person would take longer than all else. */
const hashing = new Map<string, Promise<string>>()
export const hashOnce = (secret: string, password: string): Promise<string> => {
  const name = `${secret} ${password}`
  const hasher = createPasswordHasher({ secrets: numberSecrets(secret) })
  const hash = hashing.get(name) ?? hasher.hash(password).finally(hasher.close)
  hashing.set(name, hash)
  return hash
}

export const keyScopes = [
  'profile:read',
  'permissions:read',
  'seller:read',
  'users:read',
  'audit:read',
  'audit:export',
  'orders:read',
  'customers:read',
  'accounts:read',
  'accounts:connect',
  'accounts:sync',
  'accounts:manage',
  'dead-letters:read',
  'dead-letters:redrive',
  'runs:read',
  'shipments:read',
  'returns:read',
  'payouts:read',
  'inventory:read',
  'inventory:write',
  'listings:read',
  'listings:write',
  'imports:create',
  'imports:read',
  'processing:read',
  'processing:run',
  'manifests:read',
  'manifests:close',
  'documents:read',
] as const

/** The secret of a new key. */
export const makeKey = async ({ ask }: Pick<Party, 'ask'>, name: string): Promise<string> => {
  const made = await good(ask('POST', '/v1/api-keys', { name, scopes: keyScopes }), 201)
  return made.secret
}

/** A whole one, of two files that are told of and lie nowhere: a real one writes while others look. */
const makeExport = async (sql: Operations, sellerId: string): Promise<void> => {
  const [id, manifest, part] = [newId(), newId(), newId()]
  for (const object of [manifest, part]) {
    await sql`
      insert into storage_objects (seller_id, id, bucket, storage_key, mime, state, byte_size, sha256,
        stored_at, kept_at)
      values (${sellerId}, ${object}, 'files', ${`exports/${sellerId}/2026-01-31/${id}/${object}`},
        'application/gzip', 'STORED', 1, sha256('x'), now(), now())`
  }
  await sql`
    insert into tenant_exports (seller_id, id, reason, state, manifest_object_id, finished_at)
    values (${sellerId}, ${id}, 'asked', 'DONE', ${manifest}, now())`
  await sql`
    insert into tenant_export_parts (seller_id, export_id, table_name, part, storage_object_id, rows,
      opened)
    values (${sellerId}, ${id}, 'orders', 1, ${part}, 1, 0)`
}

/** What jobs of the whole seller leave: walks over sealed values, and what was erased. */
const makeCare = async (sql: Operations, sellerId: string): Promise<void> => {
  for (const kind of ['ROTATE', 'ROTATE', 'VERIFY']) {
    await sql`
      insert into key_walks (seller_id, id, kind, reason, asked_by, state, started_at, ended_at)
      values (${sellerId}, ${newId()}, ${kind}, 'For a look', 'system:test', 'DONE', now(), now())`
  }
  await sql`insert into order_index_walks (seller_id) values (${sellerId}) on conflict do nothing`
  await makeFarewell(sql, sellerId)
  await makeFiles(sql, sellerId)
  for (const day of ['2026-01-30', '2026-01-31']) {
    const accounts = await sql<{ id: string }[]>`
      select id from marketplace_accounts where seller_id = ${sellerId}`
    for (const { id } of accounts) {
      await sql`
        insert into erasures (seller_id, id, marketplace_account_id, reason, day, days, orders, fields)
        values (${sellerId}, ${newId()}, ${id}, 'retention', ${day}::date, 90, 1, 4)`
    }
  }
}

/** It was called back: the seller lives on. */
const makeFarewell = async (sql: Operations, sellerId: string): Promise<void> => {
  const id = newId()
  await sql`
    insert into seller_offboardings (seller_id, id, state, reason, requested_by, shreds_at, withdrawn_at)
    values (${sellerId}, ${id}, 'WITHDRAWN', 'For a look', 'system:test', now(), now())`
  await sql`
    insert into shred_samples (seller_id, offboarding_id, place, table_name, column_name, row_id, sealed)
    values (${sellerId}, ${id}, 0, 'orders', 'address_enc', ${newId()}, '\\x00')`
  await sql`
    insert into shred_trials (seller_id, offboarding_id, process_id, parts, tried, opened, most_opened)
    values (${sellerId}, ${id}, ${newId()}, 'api', 1, 0, 0)`
}

/** A file on its way, and one of the archive. */
const makeFiles = async (sql: Operations, sellerId: string): Promise<void> => {
  const id = newId()
  await sql`
    insert into storage_objects (seller_id, id, bucket, storage_key, mime)
    values (${sellerId}, ${id}, 'files', ${`exports/${sellerId}/2026-01-31/${id}.csv`}, 'text/csv')`
  await sql`
    insert into plugin_files (seller_id, id, plugin_id, writer, keep_days)
    values (${sellerId}, ${id}, 'tally', ${newId()}, 30)`
  await sql`
    insert into plugin_file_parts (seller_id, file_id, part, etag, byte_size, sha256)
    values (${sellerId}, ${id}, 1, 'x', 1, sha256('x'))`
  await sql`
    insert into raw_payloads (seller_id, id, storage_object_id, marketplace_code, hour, number, lines)
    values (${sellerId}, ${newId()}, ${id}, 'BAZAAR', '2026-01-31T04:00:00Z', 1, 1)`
}

/** A row of each of the other kinds. */
const makeTheRest = async (
  { mark, ask, people }: Pick<Party, 'mark' | 'ask' | 'people'>,
): Promise<void> => {
  const about = (what: string) => `${what} because of ${mark}`
  await good(ask('PATCH', '/v1/seller', { support_consent: 'NOTIFY' }))
  const email = `invited.${mark}@example.in`
  await good(ask('POST', '/v1/invitations', { email, role: 'VIEWER' }), 201)
  await makeOverride({ ask, mark })
  const hook = { kind: 'hook', url: `https://hooks.example.in/${mark}` }
  await good(ask('POST', '/v1/audit/anchors', hook), 201)
  const bucket = { kind: 'bucket', bucket: `bucket-${mark}` }
  await good(ask('POST', '/v1/audit/anchors', bucket), 201)
  const orders = await good(ask('GET', '/v1/orders?limit=1'))
  const reveal = { fields: ['phone'], reason: about('The courier asks') }
  await makeStock({ ask, mark })
  await makeImports({ ask, mark })
  await makeBatches({ ask, mark })
  const { client } = people.FINANCE
  await good(client.ask('POST', `/v1/orders/${orders.data[0].id}/reveal`, reveal))
}

/** Until workers have done all that was asked for: nothing of the seller's changes by itself then. */
const comeToRest = async ({ ask }: Pick<Party, 'ask'>): Promise<void> => {
  for (let open = 1; open > 0;) {
    const { data } = await good(ask('GET', '/v1/runs?limit=200'))
    open = data.filter(({ state }: { state: string }) =>
      ['QUEUED', 'RUNNING'].includes(state)
    ).length
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Whoever joined last may start syncs. */
export const makeOverride = async ({ ask, mark }: Pick<Party, 'ask' | 'mark'>): Promise<void> => {
  const users = await good(ask('GET', '/v1/users'))
  const last = users.data.map(({ id }: { id: string }) => id).toSorted().at(-1)
  const reason = `May sync because of ${mark}`
  const override = { permission: 'accounts:sync', effect: 'GRANT', reason }
  await good(ask('POST', `/v1/users/${last}/overrides`, override), 201)
}

/** The answer's body; throws where it has another status. */
export const good = async (
  asked: ReturnType<Ask>,
  status = 200,
  // deno-lint-ignore no-explicit-any -- an answer has many shapes, and tests look into all of them
): Promise<any> => {
  const answer = await asked
  if (answer.status !== status) {
    throw new Error(`${answer.status} instead of ${status}: ${answer.text}`)
  }
  return answer.text === '' ? null : JSON.parse(answer.text)
}

export const signIn = async (
  { client, email, password }: Pick<Person, 'client' | 'email' | 'password'>,
): Promise<void> => {
  const { status, text } = await client.ask('POST', '/v1/auth/login', { email, password })
  if (status !== 200 || client.jar.size === 0) throw new Error(`Cannot sign in: ${text}`)
}

/** For ten minutes. */
export const stepUp = (
  { client, password }: Pick<Person, 'client' | 'password'>,
): Promise<unknown> => good(client.ask('POST', '/v1/auth/step-up', { password }))
