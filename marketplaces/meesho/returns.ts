/** Meesho's returns as rows of the ledger: what a buyer sends back, and what never reached one (RTO). */
import type { ReturnRow } from 'robnu/plugin'
import { Return } from './answers.ts'
import { reject, returnIdOf } from './read.ts'
import { returnKind, returnState } from './states.ts'
import { type Reading, syncOf } from './sync.ts'
import { skuOf } from './variant.ts'

/** One return as it came → its row, or why not. Never throws. */
export const toReturnRow = (raw: unknown): Reading<ReturnRow> => {
  const parsed = Return.safeParse(raw)
  if (!parsed.success) return reject(raw, 'malformed-return')
  const told = parsed.data
  const kind = returnKind(told.type)
  if (kind === null) return reject(raw, 'unknown-return-type')
  const { sub_order_no: no } = told
  return {
    row: {
      externalId: returnIdOf(no, kind, told.created_at),
      orderExternalId: no,
      kind,
      status: returnState(told.status),
      rawStatus: rawStatusOf(told),
      reason: reasonOf(told),
      initiatedAt: told.created_at,
      updatedAt: told.updated_at,
      deliveredAt: told.delivered_at,
      shipmentExternalId: told.packet_id,
      awbs: awbsOf(told),
      // the money comes back as a line of a payment file
      creditNote: null,
      items: [{
        externalId: no,
        itemExternalId: no,
        sku: skuOf(told.sku, told.size),
        quantity: told.quantity,
        condition: null,
      }],
    },
  }
}

export const syncReturns = syncOf((transport, query) => transport.returns(query), toReturnRow)

/** After three attempts that fail, Meesho keeps the goods. */
const rawStatusOf = ({ status, attempt }: Return): string =>
  attempt === null || attempt === 0 ? status : `${status}, ${attempt} failed attempts`

const reasonOf = ({ reason, detailed_reason: detail }: Return): string | null => {
  const told = [reason, detail].filter((one) => one !== null && one !== '')
  return told.length === 0 ? null : [...new Set(told)].join(': ').slice(0, 500)
}

/** A warehouse may scan either leg. */
const awbsOf = ({ awb, courier, forward_awb: forward }: Return): ReturnRow['awbs'] => {
  const back = awb === null ? [] : [{ awb, carrier: courier }]
  const there = forward === null || forward === awb ? [] : [{ awb: forward, carrier: null }]
  return [...back, ...there]
}
