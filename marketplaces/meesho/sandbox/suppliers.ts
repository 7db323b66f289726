/** Two suppliers of different sellers. Whoever knows the seed knows their keys: they open nothing else. */
import { digitsOf, hashOf } from 'robnu/testing'
import type { Identity } from './model.ts'

const newIdentity = (
  mark: number,
  seller: number,
  name: string,
  preference: Identity['firstPreference'],
  ordersPerDay: number,
): Identity => ({
  ...{ mark, seller, name, ordersPerDay },
  id: `SUP10000${mark}`,
  merchantId: `MER20000${mark}`,
  supplierId: 1_203_400 + mark,
  location: `LOC-${mark}-MAIN`,
  firstPreference: preference,
})

export const identities: readonly Identity[] = [
  newIdentity(1, 0, 'Asha Textiles', 'MANUAL', 8),
  newIdentity(2, 1, 'Bharat Home Store', 'BY_INVENTORY', 5),
]

export interface Keys {
  readonly api_key: string
  readonly api_secret: string
  readonly webhook_secret: string
}
/** `number`: how often the supplier was given new ones. */
export const keysOf = (seed: number, { id }: Identity, number: number): Keys => ({
  api_key: `mk_${digitsOf(seed, `key/${id}/${number}`, 14)}`,
  api_secret: secret(seed, `secret/${id}/${number}`),
  webhook_secret: secret(seed, `webhook/${id}/${number}`),
})
const secret = (seed: number, key: string): string =>
  [1, 2, 3].map((part) => hashOf(seed, `${key}/${part}`).toString(16).padStart(14, '0')).join('')
