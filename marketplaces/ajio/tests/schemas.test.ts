import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { Credentials, Details, secrets } from '../schemas.ts'
import { gstin } from './support.ts'

const sql = await readFile(
  new URL('../migrations/0001_account_details.sql', import.meta.url),
  'utf8',
)
const mine = { pob_id: 'DV100001', store_code: 'ST01', gstin }

test('details and credentials are the columns of the satellite', () => {
  const columns = [
    ...sql.matchAll(/^ {2}([a-z0-9_]+) (uuid|text|bytea|timestamptz|time|integer)\b/gm),
  ].map(([, name]) => name)
  const sealed = Object.keys(Credentials.shape)
    .map((key) => secrets.includes(key) ? `${key}_enc` : key)
  const wanted = ['seller_id', 'marketplace_account_id', ...Object.keys(Details.shape), ...sealed]
  expect(columns.toSorted()).toEqual(wanted.toSorted())
  expect(sql).toContain(`create table ${ajio.detailsTable} (`)
  // a key over all sellers would tell one about another
  for (const [, keys] of sql.matchAll(/(?:unique|primary key) \(([^)]*)\)/g)) {
    expect(keys).toMatch(/^seller_id, /)
  }
})

test('what a seller must send is POB, store and GSTIN; the rest has the usual values', () => {
  expect(Details.parse(mine)).toEqual({
    ...mine,
    model: 'DROPSHIP_VMS',
    return_model: 'CREDIT_NOTE',
    manifest_cutoff: '17:30',
    claim_window_days: 60,
    box_weight_grams: 500,
    box_length_cm: 30,
    box_breadth_cm: 25,
    box_height_cm: 5,
  })
})

test('what the database gives back fits as well', () => {
  const stored = {
    ...Details.parse(mine),
    dc_code: null,
    b2b_invoice_series: null,
    manifest_cutoff: '18:00:00',
    token_expires_at: new Date(0),
  }
  expect(Details.parse(stored).manifest_cutoff).toBe('18:00')
  expect(Details.parse({ ...mine, gstin: gstin.toLowerCase() }).gstin).toBe(gstin)
})

test('wrong details are refused in words that tell what to give', () => {
  const words = (change: object) =>
    Details.safeParse({ ...mine, ...change }).error?.issues.map(({ message }) => message).join()
  expect(words({ pob_id: 'XX1' })).toContain('begins with DV')
  expect(words({ pob_id: 'dv100001' })).toContain('begins with DV')
  expect(words({ pob_id: undefined })).toContain('POB id')
  expect(words({ store_code: '' })).toContain('store code')
  expect(words({ gstin: `${gstin.slice(0, -1)}A` })).toContain('GSTIN')
  expect(words({ manifest_cutoff: '25:00' })).toContain('17:30')
  expect(words({ model: 'SOR' })).toBeDefined()
  expect(words({ claim_window_days: 0 })).toBeDefined()
  expect(words({ box_weight_grams: 0.5 })).toContain('grams')
})

test('four blobs are needed, each of them, and all that is secret is sealed', () => {
  const blobs = { access_token: 'a', refresh_token: 'r', session_context: 's', user_context: 'u' }
  expect(Credentials.safeParse(blobs).success).toBe(true)
  for (const name of Object.keys(blobs)) {
    const { error } = Credentials.safeParse({ ...blobs, [name]: undefined })
    expect(error?.issues[0]?.message).toContain('browser extension')
  }
  const plain = Object.keys(Credentials.shape).filter((key) => !secrets.includes(key))
  expect(plain).toEqual(['token_expires_at', 'last_refresh_at'])
})
