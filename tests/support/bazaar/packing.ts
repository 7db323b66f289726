/** From the open order to the lot that a courier takes: read first where a step is in doubt. */
import {
  type Batch,
  type BatchOrder,
  type Context,
  failure,
  failureOf,
  pinAgreesWithState,
  type StepResult,
} from 'robnu/plugin'
import { z } from 'zod'
import { authorization, type Connection } from './client.ts'

const origin = 'https://api.bazaar.example/v3/shops'

const Parcel = z.object({
  parcel: z.string(),
  courier: z.string(),
  waybill: z.string(),
  changed_at: z.iso.datetime().transform((text) => new Date(text)),
  lines: z.array(z.object({ line_id: z.string(), pieces: z.number() })),
})
const Standing = z.object({ state: z.string(), parcel: Parcel.nullable() })
const Lot = z.object({
  lot: z.string(),
  closed: z.boolean(),
  day: z.string().nullable(),
  changed_at: z.iso.datetime().transform((text) => new Date(text)),
  parcels: z.array(z.string()),
})
const Packed = z.object({ parcel: z.string() })

const deskOf = (account: Connection, ctx: Context) => {
  const shop = `${origin}/${account.details.shop_id}`
  const headers = () => ({ authorization: authorization(account, ctx) })
  const explain = (status: number, body: unknown) => {
    if (status !== 409 && status !== 404) return undefined
    const code = body instanceof Object && 'error' in body ? String(body.error) : 'refused'
    if (code === 'not-ready') return { kind: 'unavailable', message: 'Not made yet', code } as const
    return { kind: 'rejected', message: `Bazaar refuses it: ${code}`, code } as const
  }
  const post = <T>(schema: z.ZodType<T>, path: string, json: object) =>
    ctx.http(schema, `${shop}${path}`, { method: 'POST', headers: headers(), json, explain })
  const get = <T>(schema: z.ZodType<T>, path: string, query = {}) =>
    ctx.http(schema, `${shop}${path}`, { headers: headers(), explain, query })
  return {
    standing: (number: string) => get(Standing, `/orders/${number}/standing`),
    confirm: (number: string, lines: object) =>
      post(Standing, `/orders/${number}/confirm`, { lines }),
    pack: (number: string, invoice: string, lines: object) =>
      post(Parcel, `/orders/${number}/pack`, { invoice, lines }),
    label: (parcel: string) =>
      ctx.download(`${shop}/parcels/${parcel}/label`, { headers: headers(), explain }),
    lotPaper: (lot: string) =>
      ctx.download(`${shop}/lots/${lot}/paper`, { headers: headers(), explain }),
    lots: (reference: string) => get(z.array(Lot), '/lots', { reference }),
    lot: (lot: string) => get(Lot, `/lots/${lot}`),
    open: (reference: string) => post(Lot, '/lots', { reference }),
    add: (lot: string, parcels: readonly string[], take_out: readonly string[] = []) =>
      post(Lot, `/lots/${lot}/add`, { parcels, take_out }),
    close: (lot: string) => post(Lot, `/lots/${lot}/close`, {}),
  }
}
type Desk = ReturnType<typeof deskOf>

export const fetchDocument = async (
  account: Connection,
  { manifestExternalId, shipmentExternalId }: {
    readonly manifestExternalId?: string
    readonly shipmentExternalId?: string
  },
  ctx: Context,
) => {
  const desk = deskOf(account, ctx)
  if (manifestExternalId !== undefined) return await desk.lotPaper(manifestExternalId)
  return await desk.label(shipmentExternalId ?? '')
}

export async function* fullProcessing(
  account: Connection,
  batch: Batch,
  ctx: Context,
): AsyncGenerator<StepResult> {
  const desk = deskOf(account, ctx)
  const records = new Map(batch.done.map((one) => [`${one.step} ${one.order}`, one]))
  const held = new Set(batch.done.filter((one) => one.outcome === 'held').map((one) => one.order))
  const outcome = (step: string, order: string | null) => records.get(`${step} ${order}`)?.outcome
  const output = (step: string, order: string | null) => records.get(`${step} ${order}`)?.output
  const stages = [confirm, pack, papers, label, check] as const
  const ready: BatchOrder[] = []
  for (const order of batch.orders) {
    let isHeld = held.has(order.id)
    for (const stage of stages) {
      if (isHeld) break
      const step = stage.name
      if (outcome(step, order.id) === 'done') continue
      const inDoubt = outcome(step, order.id) === 'started'
      if (!inDoubt) yield { step, order: order.id, outcome: 'started' }
      const packed = Packed.safeParse(output('pack', order.id)).data?.parcel ?? ''
      const result = await stage(desk, order, { inDoubt, packed })
      records.set(`${step} ${order.id}`, { step, order: order.id, ...result })
      isHeld = result.outcome === 'held'
      yield { step, order: order.id, ...result }
    }
    if (!isHeld) ready.push(order)
  }
  const parcelOf = ({ id }: BatchOrder) => Packed.parse(output('pack', id)).parcel
  yield* lots(desk, batch, ready.map(parcelOf), (step) => outcome(step, null))
}

interface Place {
  readonly inDoubt: boolean
  /** The parcel's id, once there is one. */
  readonly packed: string
}
type Ended = Omit<StepResult, 'step' | 'order'>

const linesOf = ({ lines }: BatchOrder) =>
  lines.map(({ externalId, confirmedQuantity }) => ({
    line_id: externalId,
    pieces: confirmedQuantity,
  }))

const orHeld = async (work: () => Promise<Ended>): Promise<Ended> => {
  try {
    return await work()
  } catch (error) {
    const failed = failureOf(error)
    if (failed?.kind !== 'rejected') throw error
    return { outcome: 'held', code: failed.code ?? 'refused', message: failed.message }
  }
}

const confirm = (desk: Desk, order: BatchOrder, { inDoubt }: Place): Promise<Ended> =>
  orHeld(async () => {
    const { postalCode, stateCode } = order
    // what is no PIN code at all is for the courier to ask about
    const isPin = postalCode !== null && /^\d{6}$/.test(postalCode)
    if (isPin && stateCode && !pinAgreesWithState(postalCode, stateCode)) {
      const message = 'The PIN code is not one of the state'
      return { outcome: 'held', code: 'pin-mismatch', message }
    }
    const { state } = inDoubt || order.status !== 'NEW'
      ? await desk.standing(order.externalId)
      : { state: 'placed' }
    if (state === 'placed') await desk.confirm(order.externalId, linesOf(order))
    return { outcome: 'done', status: 'ACKNOWLEDGED' }
  })

const pack = (desk: Desk, order: BatchOrder, { inDoubt }: Place): Promise<Ended> =>
  orHeld(async () => {
    const known = inDoubt || order.status !== 'NEW'
      ? (await desk.standing(order.externalId)).parcel
      : null
    if (!known && !order.invoice) throw failure('rejected', 'There is no invoice number')
    const lines = linesOf(order).filter(({ pieces }) => pieces > 0)
    const made = known ?? await desk.pack(order.externalId, order.invoice?.number ?? '', lines)
    return {
      outcome: 'done',
      status: 'PACKED',
      output: { parcel: made.parcel },
      shipment: {
        externalId: made.parcel,
        status: 'PACKED',
        rawStatus: 'packed',
        awb: made.waybill,
        carrier: made.courier,
        manifestExternalId: null,
        updatedAt: made.changed_at,
        items: made.lines.map((line) => ({ itemExternalId: line.line_id, quantity: line.pieces })),
      },
    }
  })

const papers = (): Promise<Ended> =>
  Promise.resolve({
    outcome: 'done',
    render: ['PACKING_SLIP', 'VENDOR_INVOICE', 'CUSTOMER_INVOICE'],
    billTo: {
      name: 'Bazaar Retail Limited',
      address: ['Bengaluru'],
      gstin: '29AAGCB7383J1Z4',
      stateCode: '29',
    },
  })

const label = async (desk: Desk, _order: BatchOrder, { packed }: Place): Promise<Ended> => ({
  outcome: 'done',
  status: 'READY_TO_SHIP',
  documents: [{ type: 'LABEL', download: await desk.label(packed) }],
})

const check = (): Promise<Ended> => Promise.resolve({ outcome: 'done' })

/** All parcels into one lot, and the lots that are due closed. */
async function* lots(
  desk: Desk,
  batch: Batch,
  parcels: readonly string[],
  outcome: (step: string) => string | undefined,
): AsyncGenerator<StepResult> {
  const closing = [...batch.closeManifests]
  const changes = batch.manifestChanges
  if (changes && outcome('lot') !== 'done') {
    if (outcome('lot') === undefined) yield { step: 'lot', order: null, outcome: 'started' }
    const { parcels } = await desk.lot(changes.externalId)
    const lot = await desk.add(
      changes.externalId,
      changes.add.filter((parcel) => !parcels.includes(parcel)),
      changes.remove,
    )
    yield { step: 'lot', order: null, outcome: 'done', manifest: rowOf(lot) }
  }
  if (parcels.length > 0) {
    if (outcome('lot') === undefined) yield { step: 'lot', order: null, outcome: 'started' }
    const lot = await lotWithRoom(desk, batch)
    const missing = parcels.filter((parcel) => !lot.parcels.includes(parcel))
    const full = missing.length === 0 ? lot : await desk.add(lot.lot, missing)
    yield { step: 'lot', order: null, outcome: 'done', manifest: rowOf(full) }
    if (batch.closure === 'IMMEDIATE') closing.push(lot.lot)
  }
  for (const lot of closing) {
    const step = `close:${lot.toLowerCase()}`
    if (outcome(step) === 'done') continue
    yield { step, order: null, outcome: 'started' }
    yield { step, order: null, outcome: 'done', manifest: rowOf(await desk.close(lot)) }
  }
}

const lotWithRoom = async (desk: Desk, batch: Batch) => {
  const [made] = await desk.lots(batch.id)
  if (made) return made
  const [open] = batch.openManifests
  return open ? await desk.lot(open.externalId) : await desk.open(batch.id)
}

const rowOf = ({ lot, closed, day, changed_at, parcels }: z.infer<typeof Lot>) => ({
  externalId: lot,
  state: closed ? 'CLOSED' as const : 'OPEN' as const,
  dispatchDate: day,
  updatedAt: changed_at,
  shipmentExternalIds: parcels,
})
