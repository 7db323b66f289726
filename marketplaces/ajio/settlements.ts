/** AJIO's settlements as payouts. What does not add up is not money that anybody may count on. */
import { paiseOf, type PayoutLineRow, type PayoutRow } from 'robnu/plugin'
import { Settlement, type SettlementLine } from './answers.ts'
import { reject } from './read.ts'
import { payoutState } from './states.ts'
import { type Reading, syncOf } from './sync.ts'
import { startOfDay } from './times.ts'

/** One settlement as it came → its payout, or why not. Never throws. */
export const toPayoutRow = (raw: unknown): Reading<PayoutRow> => {
  const parsed = Settlement.safeParse(raw)
  if (!parsed.success) return reject(raw, 'clearingDocNo', 'malformed-settlement')
  const told = parsed.data
  const total = paiseOf(told.totalValue)
  const lines = told.lines.map(amountsOf)
  if (total === undefined || lines.some((line) => line === undefined)) {
    return reject(raw, 'clearingDocNo', 'money-not-in-paise')
  }
  const amounts = lines.filter((line) => line !== undefined)
  if (
    amounts.some(({ net, gross, deductions, fees, taxes }) =>
      net !== gross + deductions + fees + taxes
    )
  ) return reject(raw, 'clearingDocNo', 'line-does-not-add-up')
  if (total !== amounts.reduce((sum, { net }) => sum + net, 0)) {
    return reject(raw, 'clearingDocNo', 'total-does-not-add-up')
  }
  const ids = new Set(told.lines.map(({ internalDocNo }) => internalDocNo))
  if (ids.size !== told.lines.length) return reject(raw, 'clearingDocNo', 'line-told-twice')
  const status = payoutState(told.status)
  const paidOn = status === 'PAID' ? told.clearingDate : null
  return {
    row: {
      externalId: told.clearingDocNo,
      status,
      rawStatus: told.status,
      amount: rupees(total),
      currency: 'INR',
      periodFrom: null,
      periodTo: null,
      paidOn,
      updatedAt: told.updatedAt,
      // told again under the number of the clearing document that pays it
      ...(status === 'OPEN' ? { forecast: true } : {}),
      lines: told.lines.map((line, i) => toLine(line, amounts[i] ?? nothing, paidOn)),
    },
  }
}

export const syncPayouts = syncOf((transport, query) => transport.settlements(query), toPayoutRow)

type Amounts = Readonly<Record<'gross' | 'deductions' | 'fees' | 'taxes' | 'net', number>>
const nothing: Amounts = { gross: 0, deductions: 0, fees: 0, taxes: 0, net: 0 }

/** In paise; undefined when one of them is no amount. */
const amountsOf = (line: SettlementLine): Amounts | undefined => {
  const sum = (...texts: readonly string[]) =>
    texts.reduce((paise, text) => paise + (paiseOf(text) ?? NaN), 0)
  const amounts: Amounts = {
    gross: sum(line.grossValue),
    deductions: sum(line.penalty),
    fees: sum(line.commission, line.logistics),
    taxes: sum(line.feeGst, line.tcs, line.tds),
    net: sum(line.netValue),
  }
  return Object.values(amounts).some(Number.isNaN) ? undefined : amounts
}

const toLine = (line: SettlementLine, amounts: Amounts, paidOn: string | null): PayoutLineRow => ({
  externalId: line.internalDocNo,
  kind: line.journeyType,
  orderExternalId: line.custOrderNo,
  itemExternalId: null,
  returnExternalId: null,
  awb: line.awb,
  gross: rupees(amounts.gross),
  deductions: rupees(amounts.deductions),
  fees: rupees(amounts.fees),
  taxes: rupees(amounts.taxes),
  net: rupees(amounts.net),
  deductionReason: line.penaltyReason,
  at: paidOn === null ? null : startOfDay(paidOn),
})

/** 205280 → '2052.80'. */
const rupees = (paise: number): string => {
  const digits = String(Math.abs(paise)).padStart(3, '0')
  return `${paise < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
