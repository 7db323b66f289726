/** AJIO's returns as rows of the ledger: what a buyer sends back, and what never reached one (RTO). */
import { paiseOf, type ReturnRow } from 'robnu/plugin'
import { Return } from './answers.ts'
import { lineId, reject, uniqueBy } from './read.ts'
import { returnKind, returnStanding } from './states.ts'
import { type Reading, syncOf } from './sync.ts'

/** One return as it came → its row, or why not. Never throws. */
export const toReturnRow = (raw: unknown): Reading<ReturnRow> => {
  const parsed = Return.safeParse(raw)
  if (!parsed.success) return reject(raw, 'returnOrderNo', 'malformed-return')
  const told = parsed.data
  const kind = returnKind(told.returnType)
  if (kind === null) return reject(raw, 'returnOrderNo', 'unknown-return-type')
  const creditNote = creditNoteOf(told)
  if (creditNote === undefined) return reject(raw, 'returnOrderNo', 'money-not-in-paise')
  const lines = uniqueBy(told.lines, lineId)
  return {
    row: {
      externalId: told.returnOrderNo,
      orderExternalId: told.custOrderNo,
      kind,
      ...returnStanding(told.status, told.threePlStatus),
      reason: told.reason,
      initiatedAt: told.createdDate,
      updatedAt: told.updatedAt,
      deliveredAt: told.deliveredDate,
      shipmentExternalId: told.fwdShipmentId,
      awbs: awbsOf(told),
      creditNote,
      items: lines.map((line) => ({
        externalId: lineId(line),
        itemExternalId: lineId(line),
        sku: line.sellerSku,
        quantity: line.quantity,
        condition: line.qcReason ?? told.disposition,
      })),
    },
  }
}

export const syncReturns = syncOf((transport, query) => transport.returns(query), toReturnRow)

/** A warehouse may scan either leg. */
const awbsOf = ({ returnAwb, returnCarrier, fwdAwb }: Return): ReturnRow['awbs'] => {
  const back = returnAwb === null ? [] : [{ awb: returnAwb, carrier: returnCarrier }]
  const there = fwdAwb === null || fwdAwb === returnAwb ? [] : [{ awb: fwdAwb, carrier: null }]
  return [...back, ...there]
}

/** Its parts fill in one by one: it is one when all are there. Undefined: told, and no amount. */
const creditNoteOf = (told: Return): ReturnRow['creditNote'] | undefined => {
  const { creditNoteNo: number, creditNoteDate: at, creditNoteValue: value } = told
  if (number === null || at === null || value === null) return null
  const paise = paiseOf(value)
  return paise === undefined ? undefined : { number, at, paise }
}
