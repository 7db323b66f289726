/**
 * From the approved shipment to the courier's manifest: nine stages in a fixed order. Stop it anywhere:
 * what is recorded is not done again, and what was begun is read at Flipkart before it is written again.
 */
import { accept } from './processing/accept.ts'
import { openDesk, type Stage, type Step, steps } from './processing/desk.ts'
import { dispatch } from './processing/dispatch.ts'
import { close, manifest } from './processing/manifest.ts'
import { pack } from './processing/pack.ts'
import { check, customerInvoice, label, packingSlip } from './processing/papers.ts'
import type { FlipkartAdapter } from './sync.ts'

const stages: Readonly<Record<Step, Stage>> = {
  accept,
  pack,
  'packing-slip': packingSlip,
  'customer-invoice': customerInvoice,
  label,
  check,
  dispatch,
  manifest,
  close,
}

export const fullProcessing: NonNullable<FlipkartAdapter['fullProcessing']> = async function* (
  account,
  batch,
  ctx,
) {
  const desk = openDesk(account, batch, ctx)
  for (const step of steps) {
    for await (const result of stages[step](desk)) {
      desk.note(result)
      yield result
    }
  }
}
