/** Whether the papers of an order agree: slip, invoices and label with what was confirmed. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { StepResult } from '../../plugin.ts'

/** The stage of an adapter at which all papers of an order must be there, and agree. */
const checkStage = 'check'

export interface PaperFault {
  readonly code: string
  readonly message: string
}

/** Null: they agree as far as they are there, or the step is of no order. */
export const checkPapers = async (
  scope: SellerScope,
  batchId: string,
  { order, step, render, documents }: StepResult,
): Promise<PaperFault | null> => {
  const isCheck = step === checkStage
  if (order === null || (!isCheck && !render && !documents)) return null
  const row = await scope.one(sql.type(checkRow)`
    select coalesce((
        select jsonb_object_agg(l.external_item_id, l.confirmed_quantity)
        from batch_lines l
        where l.seller_id = ${scope.sellerId} and l.batch_id = ${batchId}
          and l.order_id = ${order} and l.confirmed_quantity > 0), '{}') as confirmed,
      coalesce((
        select jsonb_agg(jsonb_build_object('type', d.type, 'quantities', d.quantities)
          order by d.type)
        from order_documents d
        where d.seller_id = ${scope.sellerId} and d.order_id = ${order}
          and d.superseded_at is null), '[]') as papers`)
  // at the check all of them; before it the new ones, since those of a batch before may stand yet
  const fresh = [...render ?? [], ...(documents ?? []).map(({ type }) => type)] as readonly string[]
  const papers = isCheck ? row.papers : row.papers.filter(({ type }) => fresh.includes(type))
  return judge(row.confirmed, papers, isCheck)
}

const quantities = z.record(z.string(), z.number())
const checkRow = z.object({
  confirmed: quantities,
  papers: z.array(z.object({ type: z.string(), quantities: quantities.nullable() })),
})

/** Pure. A paper that does not tell its quantities is believed. */
export const judge = (
  confirmed: Readonly<Record<string, number>>,
  papers: z.infer<typeof checkRow>['papers'],
  mustBeWhole: boolean,
): PaperFault | null => {
  if (mustBeWhole && !papers.some(({ type }) => type === 'PACKING_SLIP')) {
    return { code: 'packing-slip-missing', message: 'The order has no packing slip' }
  }
  for (const { type, quantities: told } of papers) {
    if (told === null) continue
    const name = type.toLowerCase().replaceAll('_', ' ')
    if (Object.keys(told).some((line) => !(line in confirmed))) {
      return {
        code: 'document-of-another-order',
        message: `The ${name} is not the one of this order`,
      }
    }
    const wrong = Object.entries(confirmed).find(([line, quantity]) =>
      told[line] !== undefined && told[line] !== quantity
    )
    if (wrong) {
      const [line, quantity] = wrong
      return {
        code: 'document-mismatch',
        message: `The ${name} says ${told[line]} of line ${line}, confirmed are ${quantity}`,
      }
    }
  }
  return null
}
