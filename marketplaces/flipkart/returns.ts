/** Flipkart's returns as rows of the ledger: one piece each, from a buyer or undelivered (RTO). */
import type { RejectedRow, ReturnRow } from 'robnu/plugin'
import { Return } from './answers.ts'
import { memberOf, reject } from './read.ts'
import { returnKinds, returnStanding } from './states.ts'
import { type Read, syncOf } from './sync.ts'

/** Which of the two it is, the list says that it came from: the word of the row is not relied on. */
export const toReturnRow = (raw: unknown, list: string): ReturnRow | undefined => {
  const parsed = Return.safeParse(raw)
  const kind = Object.hasOwn(returnKinds, list) ? returnKinds[list] : undefined
  if (!parsed.success || !kind) return undefined
  const told = parsed.data
  const standing = returnStanding(told)
  return {
    externalId: told.returnId,
    orderExternalId: told.orderId,
    kind,
    ...standing,
    reason:
      [told.reason, told.subReason].filter((part) => part !== null).join(': ').slice(0, 500) ||
      null,
    initiatedAt: told.createdDate,
    updatedAt: told.updatedDate,
    // Flipkart tells no day of it: what is completed has not changed since
    deliveredAt: standing.status === 'DELIVERED' ? told.updatedDate : null,
    shipmentExternalId: told.shipmentId,
    awbs: told.trackingId === null ? [] : [{ awb: told.trackingId, carrier: told.courierName }],
    creditNote: null,
    items: [{
      externalId: told.orderItemId,
      itemExternalId: told.orderItemId,
      sku: null,
      quantity: told.quantity,
      condition: null,
    }],
  }
}

const readReturns: Read<ReturnRow> = (_transport, raws, list) => {
  const rows: ReturnRow[] = []
  const rejected: RejectedRow[] = []
  for (const raw of raws) {
    const row = toReturnRow(raw, list)
    if (row) rows.push(row)
    else rejected.push(reject(raw, 'malformed-return', memberOf(raw, 'returnId')))
  }
  return Promise.resolve({ rows, rejected })
}

export const syncReturns = syncOf(
  ['customer_return', 'courier_return'],
  (transport, ask) => transport.returns(ask),
  readReturns,
)
