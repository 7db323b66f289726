/** Details and credentials as sellers send them, and as the database tells them. */
import { expect, test } from 'vitest'
import { Config, Credentials, Details } from '../schemas.ts'

const details = {
  ...{ merchant_id: 'MER1', supplier_identifier: 'SUP1', location_external_identifier: 'LOC' },
}

test('a seller sends three identifiers; the rest has a usual value', () => {
  expect(Details.parse(details)).toEqual({
    ...details,
    ...{ api_version: 'V2', acceptance_preference: 'ALWAYS', claim_window_days: 7 },
  })
})

test('a bigint comes as text from the database and as a number from a seller', () => {
  for (const supplier_id of ['1234567', 1_234_567]) {
    expect(Details.parse({ ...details, supplier_id }).supplier_id).toBe('1234567')
  }
  expect(Details.parse({ ...details, supplier_id: null }).supplier_id).toBeNull()
})

test('what is no connection is refused', () => {
  const wrong = [
    { merchant_id: '' },
    { merchant_id: 'a b' },
    { supplier_identifier: 'x'.repeat(81) },
    { supplier_id: 'x' },
    { supplier_id: 1.5 },
    // whoever is on V2 must not go back
    { api_version: 'V1' },
    { acceptance_preference: 'SOMETIMES' },
    { claim_window_days: 0 },
    { facility_warehouse_id: 'shed' },
  ]
  for (const more of wrong) expect(Details.safeParse({ ...details, ...more }).success).toBe(false)
  for (const historyDays of [0, 731, 1.5]) {
    expect(Config.safeParse({ historyDays }).success).toBe(false)
  }
  const keys = { api_key: 'key-0001', api_secret: 'secret-01' }
  expect(Credentials.safeParse(keys).success).toBe(true)
  expect(Credentials.safeParse({ ...keys, api_secret: 'short' }).success).toBe(false)
  expect(Credentials.safeParse({ ...keys, webhook_secret: '' }).success).toBe(false)
})
