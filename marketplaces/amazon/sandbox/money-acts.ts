/** What a verb does to returns and settlements, as acts that a restart repeats. */
import { z } from 'zod'
import { type Deed, deed } from './order-acts.ts'
import { standingAt } from './orders.ts'
import { askReturn, moveReturn, returnsBy, returnsOfOrder, returnWords } from './returning.ts'
import { closeNow, settlementsBy } from './settling.ts'

const CreateReturn = z.strictObject({
  orderId: z.string(),
  /** `REJECT`: refused at the door. */
  type: z.enum(['CUSTOMER', 'REJECT']).default('CUSTOMER'),
  exchange: z.boolean().default(false),
})
const ReturnEvent = z.strictObject({
  partner: z.string().optional(),
  returnId: z.string(),
  status: z.enum(returnWords),
})
const CloseSettlement = z.strictObject({ partner: z.string().optional() })

const hourMs = 3_600_000

export const moneyDeeds = {
  createReturn: deed(
    'the buyer sends it back, or refuses it at the door; answers the ids of its returns',
    CreateReturn,
    (world, partner, { orderId, type, exchange }) => {
      const order = partner.books.find(orderId)
      if (!order) throw new Error(`there is no order "${orderId}"`)
      const at = world.at()
      const parcel = standingAt(order, at)?.parcel
      if (type === 'CUSTOMER') {
        if (parcel !== 'DELIVERED') throw new Error(`order "${orderId}" is not delivered`)
        askReturn(world, partner, orderId, exchange)
      } else {
        if (standingAt(order, at)?.status !== 'SHIPPED' || parcel === 'DELIVERED') {
          throw new Error(`order "${orderId}" is not on its way`)
        }
        const back = { status: 'SHIPPED' } as const
        partner.books.turn(
          order,
          { at, ...back, parcel: 'REJECTED_BY_BUYER' },
          { at: at + 24 * hourMs, ...back, parcel: 'RETURNING_TO_SELLER' },
          { at: at + 96 * hourMs, ...back, parcel: 'RETURNED_TO_SELLER' },
        )
      }
      const made = returnsOfOrder(world, partner, order).filter(({ steps }) => steps[0]?.at === at)
      return { orderId, returnIds: made.map(({ id }) => id) }
    },
  ),
  returnEvent: deed(
    'a return stands like this from now on; the rest of its way is forgotten',
    ReturnEvent,
    (world, partner, { returnId, status }) => {
      if (!returnsBy(world, partner, world.at()).some(({ id }) => id === returnId)) {
        throw new Error(`there is no return "${returnId}"`)
      }
      moveReturn(world, partner, returnId, status)
      return { returnId, status }
    },
  ),
  closeSettlement: deed(
    'cuts a settlement of what is due now; answers its id',
    CloseSettlement,
    (world, partner) => {
      closeNow(world, partner)
      return { settlementId: settlementsBy(world, partner, world.at()).at(-1)?.id }
    },
  ),
} satisfies Record<string, Deed>
