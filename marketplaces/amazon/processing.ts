/**
 * From the open order to the hand-over, by one of Amazon's three ways. Stop it anywhere: what is recorded
 * is not done again, and what was begun is read at Amazon before it is written again.
 */
import type { Adapter, StepResult } from 'robnu/plugin'
import { accept } from './processing/accept.ts'
import { type Desk, done, openDesk, type Stage, type Step, steps } from './processing/desk.ts'
import { bookSlots, checkPackages } from './processing/easy-ship.ts'
import { checkShipments, confirmShipments, invoiceShipments } from './processing/external.ts'
import { labelShipments, packShipments } from './processing/external.ts'
import { fetchPapers } from './processing/label.ts'
import { close, manifest } from './processing/manifest.ts'
import { checkOwn, ownInvoices, ownLabels, packOwn } from './processing/self-ship.ts'
import type { Credentials, Cursor, Details } from './schemas.ts'

async function* packingSlip(desk: Desk): AsyncGenerator<StepResult> {
  for (const { id } of desk.ready('packing-slip')) {
    yield done('packing-slip', id, { render: ['PACKING_SLIP'] })
  }
}

/** A stage may have a part for each way; what waits for Amazon's papers comes last. */
const stages: Readonly<Record<Step, readonly Stage[]>> = {
  accept: [accept],
  confirm: [confirmShipments],
  package: [packOwn, packShipments, bookSlots],
  'packing-slip': [packingSlip],
  invoice: [ownInvoices, invoiceShipments],
  label: [ownLabels, labelShipments, fetchPapers],
  check: [checkOwn, checkShipments, checkPackages],
  manifest: [manifest],
  close: [close],
}

export const fullProcessing: NonNullable<
  Adapter<Details, Credentials, Cursor>['fullProcessing']
> = async function* (account, batch, ctx) {
  const desk = openDesk(account, batch, ctx)
  for (const step of steps) {
    for (const stage of stages[step]) {
      for await (const result of stage(desk)) {
        desk.note(result)
        yield result
      }
    }
  }
}
