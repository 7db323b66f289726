/** An account's satellite: its identity at the marketplace in clear, its credentials sealed. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { openFields } from '../crypto/opening.ts'
import type { OpeningPurpose } from '../crypto/purposes.ts'
import type { SellerScope } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import type { Marketplace, Schema } from '../plugin.ts'

type SatelliteRow = Readonly<Record<string, unknown>>

/** The columns that are ours and not the plugin's. */
const ownColumns = ['seller_id', 'marketplace_account_id'] as const

const readSatellite = async (
  scope: SellerScope,
  marketplace: Marketplace,
  accountId: string,
): Promise<SatelliteRow> =>
  await scope.one(sql.type(z.record(z.string(), z.unknown()))`/* unprepared */
    select * from ${sql.identifier([marketplace.detailsTable])}
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}`)

/**
 * Details and credentials as the plugin's schemas give them. The schemas see all columns: what is
 * not theirs they leave out.
 */
export const openSatellite = async (
  scope: SellerScope,
  keys: SellerKeys,
  marketplace: Marketplace,
  accountId: string,
  purpose: OpeningPurpose,
): Promise<{ readonly details: unknown; readonly credentials: unknown }> => {
  const row = await readSatellite(scope, marketplace, accountId)
  const columns = marketplace.secrets.map((secret) => `${secret}_enc`)
  const fields = Object.fromEntries(columns.map((column) => {
    const value = row[column]
    return [column, value instanceof Uint8Array ? value : null]
  }))
  const [opened] = await openFields(scope, keys, {
    table: marketplace.detailsTable,
    purpose,
    rows: [{ id: accountId, fields }],
  })
  const secrets = Object.fromEntries(
    marketplace.secrets.map((secret) => [secret, opened?.[`${secret}_enc`] ?? null]),
  )
  const plain = Object.fromEntries(
    Object.entries(row).filter(([name]) =>
      !columns.includes(name) && !(ownColumns as readonly string[]).includes(name)
    ),
  )
  return {
    details: await trusted(marketplace.details, plain),
    credentials: await trusted(marketplace.credentials, { ...plain, ...secrets }),
  }
}

/** Writes details (when given) and credentials; both have passed the plugin's schemas. */
export const writeSatellite = async (
  scope: SellerScope,
  keys: SellerKeys,
  marketplace: Marketplace,
  accountId: string,
  values: { readonly details?: unknown; readonly credentials: unknown },
): Promise<void> => {
  const columns = new Map<string, unknown>(Object.entries(values.details ?? {}))
  for (const [name, value] of Object.entries(values.credentials ?? {})) {
    if (!marketplace.secrets.includes(name)) columns.set(name, value)
    else if (value === null || value === undefined) columns.set(`${name}_enc`, null)
    else {
      const column = `${name}_enc`
      const sealed = keys.seal(marketplace.detailsTable, column, accountId, String(value))
      columns.set(column, sealed)
    }
  }
  const names = [...columns.keys()].filter((name) => columns.get(name) !== undefined)
  const table = sql.identifier([marketplace.detailsTable])
  const identifiers = names.map((name) => sql.identifier([name]))
  const comma = sql.fragment`, `
  if (values.details === undefined) {
    const changes = names.map((name, i) =>
      sql.fragment`${identifiers[i] ?? sql.identifier([name])} = ${bound(columns.get(name))}`
    )
    await scope.run(command`
      update ${table} set ${sql.join(changes, comma)}
      where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}`)
    return
  }
  await scope.run(command`
    insert into ${table} (${
    sql.join([...ownColumns.map((name) => sql.identifier([name])), ...identifiers], comma)
  })
    values (${
    sql.join([
      sql.fragment`${scope.sellerId}`,
      sql.fragment`${accountId}`,
      ...names.map(
        (name) => sql.fragment`${bound(columns.get(name))}`,
      ),
    ], comma)
  })`)
}

const bound = (value: unknown) => {
  if (value instanceof Uint8Array) return bytes(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) {
    return sql.array(value.map((part) => part === null ? null : String(part)), 'text')
  }
  if (value === null) return null
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return String(value)
}

/** What was stored passed the schema once; that it does not now means that the schema has changed. */
const trusted = async (schema: Schema, value: unknown): Promise<unknown> => {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  const paths = result.issues.map((issue) => (issue.path ?? []).map(String).join('.'))
  throw new Error(`Stored account details do not fit the plugin's schema at: ${paths.join(', ')}`)
}
