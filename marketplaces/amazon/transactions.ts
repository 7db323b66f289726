/** Finances 2024-06-19: what is sold or refunded and not settled yet, each as a forecast of its own. */
import { type Context, failure, failureOf, type PayoutRow, type RejectedRow } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from './client.ts'
import { eventId, shareOf, type Shares } from './events.ts'
import { dayOf, decimalOf, unitsOf } from './imports/cells.ts'

const path = '/finances/2024-06-19/transactions'

const List = z.array(z.unknown())
// an empty page may do without a list
const Answer = z.object({
  payload: z.object({ transactions: List.nullish(), nextToken: z.string().nullish() }),
})

export interface TransactionsPage {
  readonly transactions: readonly unknown[]
  readonly token: string | null
}

/** A page of what was posted in the window; pages without a transaction, with a token, are legal. */
export const listTransactions = async (
  account: Connection,
  ctx: Context,
  { from, to }: { readonly from: string; readonly to: string },
  asked: string | null,
): Promise<TransactionsPage> => {
  const ask = (token: string | null) =>
    askAmazon(account, ctx)(Answer, path, {
      operation: 'listTransactions',
      // amounts are JSON numbers here, and may not become floats
      answer: 'exact',
      query: {
        postedAfter: from,
        postedBefore: to,
        marketplaceId: account.details.marketplace_id,
        nextToken: token ?? undefined,
      },
      explain: (status) =>
        status === 400 && token !== null
          ? { kind: 'rejected', code: tokenRefused, message: 'Amazon refused the page token' }
          : undefined,
    })
  // a token that is too old: the window begins again
  const { payload } = await ask(asked).catch((error: unknown) => {
    if (failureOf(error)?.code !== tokenRefused) throw error
    return ask(null)
  })
  const token = payload.nextToken || null
  if (token !== null && token === asked) throw failure('bad-response', sameToken)
  return { transactions: payload.transactions ?? [], token }
}

const tokenRefused = 'page-token-refused'
const sameToken = 'Cannot go on with the walk over money: Amazon gave one page token twice'

// PostgreSQL cannot store this character in text
const text = z.string().refine((value) => !value.includes('\0'), 'holds a zero character')
const time = z.iso.datetime({ offset: true }).regex(/^(19[89]|20)\d/)
  .transform((value) => new Date(value))
const units = text.transform((value, issues) => {
  const found = unitsOf(value)
  if (found === undefined) issues.addIssue({ code: 'custom', message: 'is no amount' })
  return found ?? 0n
})
const Amount = z.object({ currencyCode: z.string().regex(/^[A-Z]{3}$/), currencyAmount: units })
const Breakdown = z.object({ breakdownType: text.nullish(), breakdownAmount: Amount.nullish() })
const Breakdowns = z.array(Breakdown).nullish()
const Transaction = z.object({
  transactionType: text.min(1).max(60),
  transactionStatus: text.nullish(),
  postedDate: time,
  totalAmount: Amount,
  relatedIdentifiers: z.array(z.object({
    relatedIdentifierName: text.nullish(),
    relatedIdentifierValue: text.nullish(),
  })).nullish(),
  items: z.array(z.object({ breakdowns: Breakdowns })).nullish(),
  breakdowns: Breakdowns,
})
type Transaction = z.infer<typeof Transaction>

const states: Readonly<Record<string, PayoutRow['status']>> = {
  DEFERRED: 'OPEN',
  RELEASED: 'RELEASED',
  DEFERRED_RELEASED: 'RELEASED',
}

/**
 * One transaction as it came → its forecast, or why not. Never throws. A deferred sale and its release
 * name the same order and shipment: they are one row, whose state moves on, and count once.
 */
export const toForecast = (
  raw: unknown,
): { readonly row: PayoutRow } | { readonly rejected: RejectedRow } => {
  const parsed = Transaction.safeParse(raw)
  if (!parsed.success) return reject(raw, 'malformed-transaction')
  const told = parsed.data
  const named = (name: string) =>
    told.relatedIdentifiers?.find((one) => one.relatedIdentifierName === name)
      ?.relatedIdentifierValue
  const orderId = named('ORDER_ID')
  const id = eventId(told.transactionType, orderId, named('REFUND_ID') ?? named('SHIPMENT_ID'))
  // fees of the account and the like: nothing shows which line of a settlement they become
  if (id === undefined || !orderId) return reject(raw, 'transaction-without-order')
  const word = told.transactionStatus ?? 'NOT_TOLD'
  const shares = sharesOf(told)
  return {
    row: {
      externalId: id,
      status: Object.hasOwn(states, word) ? states[word] ?? null : null,
      rawStatus: word,
      amount: null,
      currency: told.totalAmount.currencyCode,
      periodFrom: null,
      periodTo: dayOf(told.postedDate),
      paidOn: null,
      updatedAt: told.postedDate,
      forecast: true,
      lines: [{
        externalId: id,
        kind: told.transactionType,
        orderExternalId: orderId,
        ...{ itemExternalId: null, returnExternalId: null, awb: null },
        gross: decimalOf(shares.gross),
        deductions: decimalOf(shares.deductions),
        fees: decimalOf(shares.fees),
        taxes: decimalOf(shares.taxes),
        net: decimalOf(told.totalAmount.currencyAmount),
        deductionReason: null,
        // not before it is paid
        at: null,
      }],
    },
  }
}

/** By the words of the parts; the whole is gross where they do not sum up to it. */
const sharesOf = ({ totalAmount, items, breakdowns }: Transaction): Shares => {
  const ofItems = items?.flatMap((item) => item.breakdowns ?? []) ?? []
  const shares = { gross: 0n, deductions: 0n, fees: 0n, taxes: 0n }
  for (
    const { breakdownType, breakdownAmount } of ofItems.length > 0 ? ofItems : breakdowns ?? []
  ) {
    const amount = breakdownAmount?.currencyAmount ?? 0n
    shares[shareOf(breakdownType ?? '', '', amount < 0n)] += amount
  }
  const total = totalAmount.currencyAmount
  const sum = shares.gross + shares.deductions + shares.fees + shares.taxes
  return sum === total ? shares : { gross: total, deductions: 0n, fees: 0n, taxes: 0n }
}

const reject = (raw: unknown, reason: string): { readonly rejected: RejectedRow } => {
  const id = raw instanceof Object && 'transactionId' in raw ? raw.transactionId : undefined
  // the key stays in clear, so it must look like an id
  const key = typeof id === 'string' && /^[\w-]{1,80}$/.test(id) ? { key: id } : {}
  return { rejected: { ...key, reason, raw: JSON.stringify(raw) ?? 'undefined' } }
}
