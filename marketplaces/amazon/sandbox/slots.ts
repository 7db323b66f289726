/** When the courier may come: windows that are offered for half an hour. */
import { z } from 'zod'
import type { Box, Slot } from './orders.ts'
import { createSigner, type Signer } from './signed.ts'

export interface Offer extends Slot {
  readonly box: Box
}
export interface Slots {
  /** Of the next three days; none for what no courier carries. */
  readonly offered: (orderId: string, box: Box, at: number) => readonly Offer[]
  /** What an id means, or why it means nothing now. */
  readonly open: (orderId: string, id: string, at: number) => Offer | 'invalid' | 'expired'
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const indiaMs = 5.5 * hourMs
const lifeMs = hourMs / 2
const noticeMs = 2 * hourMs
const windows = [[10, 13], [14, 18]] as const
const mostGrams = 30_000
const longestCm = 150

export const createSlots = (seed: number): Slots => {
  const signer: Signer = createSigner(seed, 'slot')
  const offered: Slots['offered'] = (orderId, box, at) => {
    const { length, width, height, grams } = box
    if (grams > mostGrams || Math.max(length, width, height) > longestCm) return []
    const midnight = Math.floor((at + indiaMs) / dayMs) * dayMs - indiaMs
    return [0, 1, 2, 3].flatMap((day) =>
      windows.flatMap(([from, to]) => {
        const start = midnight + day * dayMs + from * hourMs
        const end = midnight + day * dayMs + to * hourMs
        if (start < at + noticeMs) return []
        const [until, d] = [at + lifeMs, [length, width, height, grams]]
        const id = signer.sign({ o: orderId, s: start, e: end, u: until, d })
        return [{ id, start, end, handover: 'PICKUP' as const, box }]
      })
    )
  }
  const open: Slots['open'] = (orderId, id, at) => {
    const read = Signed.safeParse(signer.open(id))
    if (!read.success || read.data.o !== orderId) return 'invalid'
    const { s: start, e: end, u: until, d: [length, width, height, grams] } = read.data
    if (at >= until || at >= start) return 'expired'
    return { id, start, end, handover: 'PICKUP', box: { length, width, height, grams } }
  }
  return { offered, open }
}

const Signed = z.object({
  o: z.string(),
  s: z.number(),
  e: z.number(),
  u: z.number(),
  d: z.tuple([z.number(), z.number(), z.number(), z.number()]),
})
