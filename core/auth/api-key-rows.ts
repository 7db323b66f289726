/** API keys in the database. */
import { z } from 'zod'
import { textArray } from '../db/arrays.ts'
import type { Database, Queries, SellerScope } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import { sellerStatuses } from './principal.ts'

export interface ApiKeyView {
  readonly id: string
  readonly name: string
  /** What the key begins with. */
  readonly prefix: string
  readonly scopes: readonly string[]
  /** Null: from everywhere. */
  readonly allowed_ips: readonly string[] | null
  readonly created_at: Date
  readonly created_by_user_id: string
  /** Null: never. */
  readonly expires_at: Date | null
  readonly last_used_at: Date | null
  readonly last_used_ip: string | null
  /** The key that takes its place. */
  readonly rotated_to: string | null
  /** The key whose place it takes. */
  readonly rotated_from: string | null
}

/** Living ones; a program needs one, and a program that makes its own needs a bound. */
const maxEach = 100

const foundRow = z.object({
  seller_id: z.string(),
  key_id: z.string(),
  secret_hash: z.instanceof(Uint8Array),
  scopes: z.array(z.string()),
  allowed_ips: z.array(z.string()).nullable(),
  expires_at: z.date().nullable(),
  seller_status: z.enum(sellerStatuses),
  authz_version: z.string(),
})
const viewRow = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  allowed_ips: z.array(z.string()).nullable(),
  created_at: z.date(),
  created_by_user_id: z.string(),
  expires_at: z.date().nullable(),
  last_used_at: z.date().nullable(),
  last_used_ip: z.string().nullable(),
  rotated_to: z.string().nullable(),
  rotated_from: z.string().nullable(),
})
const columns = sql.fragment`k.id, k.name, 'rk_' || k.prefix as prefix, k.scopes,
  k.allowed_ips::text[], k.created_at, k.created_by_user_id, k.expires_at, k.last_used_at,
  k.last_used_ip, k.rotated_to, old.id as rotated_from`
const tables = sql.fragment`api_keys k
  left join api_keys old on old.seller_id = k.seller_id and old.rotated_to = k.id`

/** The living keys with the prefix, whoever's they are. */
export const findKeys = (db: Pick<Database, 'gate'>, prefix: string) =>
  db.gate.any(sql.type(foundRow)`
    select seller_id, key_id, secret_hash, scopes, allowed_ips, expires_at, seller_status,
      authz_version
    from auth_api_key(${prefix})`)

/** Once a minute at most, by the database's clock. */
export const noteUse = async (
  db: Pick<Database, 'gate'>,
  { sellerId, keyId }: { readonly sellerId: string; readonly keyId: string },
  clientIp: string,
): Promise<void> => {
  await db.gate.run(command`select auth_api_key_used(${sellerId}, ${keyId}, ${clientIp})`)
}

/** Newest first: those that are good, and those that ended within 30 days. */
export const readKeys = (queries: Queries, sellerId: string): Promise<readonly ApiKeyView[]> =>
  queries.any(sql.type(viewRow)`
    select ${columns} from ${tables}
    where k.seller_id = ${sellerId} and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now() - interval '30 days')
    order by k.id desc`)

/** Null when it is revoked, too. */
export const readKey = (
  queries: Queries,
  sellerId: string,
  id: string,
): Promise<ApiKeyView | null> =>
  queries.maybeOne(sql.type(viewRow)`
    select ${columns} from ${tables}
    where k.seller_id = ${sellerId} and k.id = ${id} and k.revoked_at is null`)

/** Throws `limit-reached`. */
export const insertKey = async (scope: SellerScope, key: {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly hash: Uint8Array
  readonly scopes: readonly string[]
  readonly allowedIps: readonly string[] | null
  readonly expiresAt: Date | null
  readonly by: string
}): Promise<void> => {
  const ips = key.allowedIps === null ? null : textArray(key.allowedIps)
  const count = await scope.run(command`
    insert into api_keys (seller_id, id, name, prefix, secret_hash, scopes, allowed_ips,
      created_by_user_id, expires_at)
    select ${scope.sellerId}, ${key.id}, ${key.name}, ${key.prefix}, ${bytes(key.hash)},
      ${textArray(key.scopes)}::text[], ${ips}::text[]::cidr[], ${key.by},
      ${key.expiresAt?.toISOString() ?? null}::timestamptz
    where (select count(*) from api_keys where seller_id = ${scope.sellerId}
      and revoked_at is null and (expires_at is null or expires_at > now())) < ${maxEach}`)
  if (count === 0) throw fault('limit-reached')
}

const liveRow = z.object({
  name: z.string(),
  scopes: z.array(z.string()),
  allowed_ips: z.array(z.string()).nullable(),
  created_at: z.date(),
  expires_at: z.date().nullable(),
  rotated_to: z.string().nullable(),
})

/** A key that is good now, locked until the transaction ends; null when there is none. */
export const lockKey = (scope: SellerScope, id: string) =>
  scope.maybeOne(sql.type(liveRow)`
    select name, scopes, allowed_ips::text[], created_at, expires_at, rotated_to from api_keys
    where seller_id = ${scope.sellerId} and id = ${id} and revoked_at is null
      and (expires_at is null or expires_at > now())
    for update`)

export const replaceKey = async (
  scope: SellerScope,
  id: string,
  { rotatedTo, until }: { readonly rotatedTo: string; readonly until: Date },
): Promise<void> => {
  await scope.run(command`
    update api_keys set rotated_to = ${rotatedTo}, expires_at = ${until.toISOString()}
    where seller_id = ${scope.sellerId} and id = ${id}`)
}

/** False when there is no such key, or no more. */
export const revokeKey = async (scope: SellerScope, id: string): Promise<boolean> =>
  await scope.run(command`
    update api_keys set revoked_at = now()
    where seller_id = ${scope.sellerId} and id = ${id} and revoked_at is null`) > 0
