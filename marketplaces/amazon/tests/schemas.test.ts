import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import amazon from '../mod.ts'
import { Credentials, Cursor, Details, secrets } from '../schemas.ts'

const migrations = await Promise.all(
  (amazon.migrations ?? []).map(({ sql }) => readFile(sql, 'utf8')),
)
const sql = migrations.join('\n')

test('details and credentials are the columns of the satellite', () => {
  const named =
    /^ {2}(?:add column )?([a-z0-9_]+) (?:uuid|text|bytea|timestamptz|boolean|integer)/gm
  const columns = [...sql.matchAll(named)].map(([, name]) => name)
  const sealed = Object.keys(Credentials.shape)
    .map((key) => secrets.includes(key) ? `${key}_enc` : key)
  const wanted = ['seller_id', 'marketplace_account_id', ...Object.keys(Details.shape), ...sealed]
  expect(columns.toSorted()).toEqual(wanted.toSorted())
  expect(sql).toContain(`create table ${amazon.detailsTable} (`)
  expect(sql).not.toMatch(/^\s*(begin|commit)\b/im)
})

test('defaults fit a seller of Easy Ship in India', () => {
  expect(Details.parse({ selling_partner_id: 'A1DEMOSELLERIN', lwa_client_id: 'id' })).toEqual({
    selling_partner_id: 'A1DEMOSELLERIN',
    marketplace_id: 'A21TJRUUN4KGV',
    endpoint: 'https://sellingpartnerapi-eu.amazon.com',
    lwa_client_id: 'id',
    granted_roles: [],
    fulfilment_program: 'EASY_SHIP',
    ef_enabled: false,
    ef_location_ids: [],
    package_length_cm: 30,
    package_breadth_cm: 25,
    package_height_cm: 5,
    package_weight_g: 500,
  })
})

test('an endpoint is https on a declared host, and nothing else', () => {
  const wrong = [
    'http://sellingpartnerapi-eu.amazon.com',
    'https://sellingpartnerapi-eu.amazon.com.attacker.invalid',
    'https://sellingpartnerapi-eu.amazon.com/orders',
    'https://user@sellingpartnerapi-eu.amazon.com',
    'https://example.invalid',
    'no address',
  ]
  for (const endpoint of wrong) {
    const details = { selling_partner_id: 'A1DEMOSELLERIN', lwa_client_id: 'id', endpoint }
    expect(Details.safeParse(details).success, endpoint).toBe(false)
  }
})

test('an expiry may come as any of the forms that databases give', () => {
  const at = '2022-06-30T00:00:00.000Z'
  for (const value of [at, new Date(at), Date.parse(at), '2022-06-30 05:30:00+05:30', null]) {
    const credentials = { lwa_client_secret: 's', lwa_refresh_token: 'r' }
    const read = Credentials.parse({ ...credentials, access_token_expires_at: value })
    expect(read.access_token_expires_at).toBe(value === null ? null : at)
  }
})

test('a cursor survives JSON', () => {
  const at = '2022-06-30T00:00:00.000Z'
  const walk = { from: at, to: at, token: 't', last: true }
  const cursor = { watermark: at, walk, pass: { from: at, to: at, walk } }
  expect(Cursor.parse(JSON.parse(JSON.stringify(cursor)))).toEqual(cursor)
})
