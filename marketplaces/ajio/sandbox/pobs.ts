/** The three Points of Business: two of the first demo seller, one of the second. */
import { gstinFor } from './gstin.ts'
import type { Identity } from './model.ts'

const newIdentity = (
  mark: number,
  seller: number,
  name: string,
  storeName: string,
  stateCode: string,
  ordersPerDay: number,
  returnModel: Identity['returnModel'],
): Identity => ({
  ...{ mark, seller, name, storeName, ordersPerDay, returnModel },
  id: `DV10000${mark}`,
  storeCode: `S10${mark}`,
  gstin: gstinFor(stateCode, `seller ${seller}`),
  model: 'DROPSHIP_VMS',
  invoiceSeries: `AJ${mark}`,
})

export const identities: readonly Identity[] = [
  newIdentity(1, 0, 'AJIO, first POB', 'Asha Textiles, Pune', '27', 8, 'CREDIT_NOTE'),
  newIdentity(2, 0, 'AJIO, second POB', 'Asha Textiles, Surat', '24', 5, 'RSI'),
  newIdentity(3, 1, 'AJIO, home store', 'Bharat Home Store, Jaipur', '08', 3, 'CREDIT_NOTE'),
]
