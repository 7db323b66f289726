/**
 * From the open order to the closed manifest: eleven stages in a fixed order. Stop it anywhere: what is
 * recorded is not done again, and what was begun is read at AJIO before it is written again.
 */
import { failure } from 'robnu/plugin'
import { accept, validate } from './processing/accept.ts'
import { close } from './processing/close.ts'
import { openDesk, type Stage, type Step, steps } from './processing/desk.ts'
import { manifest } from './processing/manifest.ts'
import { customerInvoice, label, packingSlip, vendorInvoice } from './processing/papers.ts'
import { check, shipment } from './processing/parcel.ts'
import { upload } from './processing/upload.ts'
import type { AjioAdapter } from './sync.ts'

const stages: Readonly<Record<Step, Stage>> = {
  accept,
  validate,
  upload,
  shipment,
  'packing-slip': packingSlip,
  'vendor-invoice': vendorInvoice,
  'customer-invoice': customerInvoice,
  label,
  check,
  manifest,
  close,
}

export const fullProcessing: NonNullable<AjioAdapter['fullProcessing']> = async function* (
  account,
  batch,
  ctx,
) {
  if (account.details.model === 'JIT' && batch.orders.length > 0) {
    // boxes and their labels for AJIO's warehouse: another flow, and not this one
    throw failure('rejected', 'Cannot process orders of a JIT account: use the seller portal', {
      code: 'jit-not-covered',
    })
  }
  const desk = openDesk(account, batch, ctx)
  for (const step of steps) {
    for await (const result of stages[step](desk)) {
      desk.note(result)
      yield result
    }
  }
}
