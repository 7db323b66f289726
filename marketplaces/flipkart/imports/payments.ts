/** Lines of a sheet of the settlement workbook → payouts, one for each NEFT, some lines at a time. */
import type { PayoutLineRow, PayoutRow, ReportRecord, ReportResult } from 'robnu/plugin'
import { startOfDay } from '../times.ts'
import { dayOf } from './cells.ts'
import { refusals } from './together.ts'

/** What a sheet makes of one line. */
export type Read =
  | { readonly neft: string; readonly paidOn: string; readonly line: PayoutLineRow }
  | { readonly rejected: string; readonly key: string }
  | { readonly skipped: string }

/** Lines of a payout that are handed over together. */
const linesOfRow = 500

interface Ready {
  readonly line: number
  readonly neft: string
  readonly paidOn: string
  readonly row: PayoutLineRow
}

/** Within a group the same id comes again with a number, so that a sheet says the same each time. */
export const payoutsOf = async function* (
  groups: AsyncIterable<readonly ReportRecord[]>,
  read: (record: ReportRecord) => Read,
): AsyncIterable<ReportResult<PayoutRow>> {
  let open: Ready[] = []
  const finished = function* (): Generator<ReportResult<PayoutRow>> {
    if (open.length > 0) yield { lines: open.map(({ line }) => line), row: rowOf(open) }
    open = []
  }
  for await (const group of groups) {
    const times = new Map<string, number>()
    for (const record of group) {
      const found = read(record)
      if ('skipped' in found) yield { lines: [record.line], skipped: found.skipped }
      else if ('rejected' in found) {
        yield* refusals([record], new Map(), found.rejected, found.key)
      } else {
        const { neft, paidOn, line } = found
        const { externalId } = line
        const time = (times.get(`${neft}\n${externalId}`) ?? 0) + 1
        times.set(`${neft}\n${externalId}`, time)
        const [first] = open
        const isOther = first !== undefined && (first.neft !== neft || first.paidOn !== paidOn)
        if (isOther || open.length >= linesOfRow) yield* finished()
        const row = time === 1 ? line : { ...line, externalId: `${externalId}/${time}` }
        open.push({ line: record.line, neft, paidOn, row })
      }
    }
  }
  yield* finished()
}

const rowOf = (ready: readonly Ready[]): PayoutRow => {
  const [first] = ready
  if (!first) throw new Error('unreachable: a payout has a line')
  return {
    externalId: first.neft,
    // a NEFT has a number when it was paid
    status: 'PAID',
    rawStatus: 'NEFT',
    // the workbook tells no total: the sum of the lines stands for it
    amount: null,
    currency: 'INR',
    periodFrom: null,
    periodTo: null,
    paidOn: first.paidOn,
    updatedAt: startOfDay(first.paidOn),
    lines: ready.map(({ row }) => row),
  }
}

/** The day a NEFT was paid; undefined for none, and for one that is still to come. */
export const paidDay = (text: string, now: Date): string | undefined => {
  const day = dayOf(text)
  return day !== undefined && startOfDay(day) <= now ? day : undefined
}
