/** Stage 11: a manifest that is closed is handed over; AJIO says on which day. */
import type { BatchOrder, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { wordsOf } from '../refusals.ts'
import { type Desk, done, hold, started } from './desk.ts'
import { manifestIdOf, toManifestRow } from './manifest.ts'
import { shipmentIdOf } from './parcel.ts'

const Closed = z.object({ closed: z.array(z.string()) })

/** Closing again changes nothing, so that a close in doubt is simply sent again. */
export async function* close(desk: Desk): AsyncGenerator<StepResult> {
  const { batch, transport } = desk
  const waiting = desk.ready('close')
  const inManifest = (id: string) => waiting.filter((order) => manifestIdOf(desk, order) === id)
  const known = Closed.safeParse(desk.output('close', null))
  const closed = new Set(known.success ? known.data.closed : [])
  // others stay open for their cut-off, or until somebody closes them
  const own = batch.closure === 'IMMEDIATE'
    ? waiting.map((order) => manifestIdOf(desk, order)).filter((id) => id !== undefined)
    : []
  const asked = batch.closeManifests.filter((id) => !closed.has(id))
  for (const id of new Set([...own, ...asked])) {
    if (!desk.inDoubt('close', null)) yield started('close', null)
    const outcome = await transport.closeManifest(id)
    const output = { closed: [...closed.add(id)] }
    if ('refused' in outcome) {
      const { code } = outcome.refused
      const message = `Cannot close manifest ${id}: ${wordsOf(code)}`
      yield done('close', null, { message, output })
      if (code === 'MANIFEST_EMPTY') { for (const order of inManifest(id)) yield takenOut(order) }
      continue
    }
    const manifest = toManifestRow(outcome.value)
    yield done('close', null, { manifest, render: ['MANIFEST'], output })
    const inside = new Set(manifest.shipmentExternalIds)
    for (const order of inManifest(id)) {
      yield inside.has(shipmentIdOf(desk, order))
        ? done('close', order.id, { status: 'MANIFESTED' })
        : takenOut(order)
    }
  }
}

const takenOut = (order: BatchOrder): StepResult =>
  hold(
    'close',
    order,
    'taken-out',
    'Cannot hand over the order: its package was taken out of the manifest before it was closed',
  )
