/** What the stages behind the first know of an order without asking again. */
import { z } from 'zod'

const Accepted = z.object({
  /** `external`: by External Fulfillment. `self-ship`: the seller brings it. */
  route: z.enum(['easy-ship', 'external', 'self-ship']),
  /** Of External Fulfillment. */
  shipmentId: z.string().nullable(),
  /** It had a parcel already: by a batch before, or in Seller Central. */
  packed: z.boolean(),
  shipBy: z.iso.datetime().nullable(),
})
export type Accepted = z.infer<typeof Accepted>

/** Throws for an order that was not accepted: no stage asks for one. */
export const acceptedOf = (
  { output }: { readonly output: (step: 'accept', order: string) => unknown },
  order: string,
): Accepted => Accepted.parse(output('accept', order))
