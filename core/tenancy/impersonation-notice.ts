/** What the OWNERs of a seller are told by mail when staff want to come in. */
import { z } from 'zod'
import type { Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type ImpersonationView, readImpersonation } from './impersonation-rows.ts'

export interface Notice {
  readonly to: string
  readonly subject: string
  readonly text: string
}
/** Sends soon, and never throws for what happens on the way. */
export type SendMail = (mail: Notice) => void

/** The session as it is now, and the mails that tell of it. */
interface Told {
  readonly view: ImpersonationView
  readonly mails: readonly Notice[]
}

/** In a platform scope: addresses of people are not for a seller's. Send when it has committed. */
export const tellOwners = async (tx: Tx, id: string): Promise<Told> => {
  const view = await readImpersonation(tx, id)
  if (view === null) throw new Error('The impersonation session that was just written is not there')
  const owners = await tx.any(sql.type(z.object({ email: z.string() }))`
    select i.email from seller_users u join identities i on i.id = u.identity_id
    where u.seller_id = ${view.seller.id} and u.role = 'OWNER' and u.removed_at is null
    order by u.id`)
  return { view, mails: owners.map(({ email }) => ({ to: email, ...noticeOf(view) })) }
}

const noticeOf = (view: ImpersonationView): Omit<Notice, 'to'> => {
  const { id, state, consent, mode, minutes, staff, seller, reason, ticket } = view
  const asks = state === 'REQUESTED' && consent === 'REQUIRED'
  const end = `end it at any moment with POST /v1/impersonations/${id}/end`
  return {
    subject: asks ? 'Support asks to look into your account' : 'Support may look into your account',
    text: [
      `${staff.name} of Robnu's support wants to look into "${seller.name}".`,
      '',
      `Why: ${reason}`,
      `Ticket: ${ticket}`,
      `What: ${mode === 'READ_ONLY' ? 'read only' : 'read and change'}, ${minutes} minutes at most`,
      'Buyers stay masked, and all that is looked at is written to your audit trail.',
      '',
      asks
        ? `Nothing happens before you let them in: POST /v1/impersonations/${id}/approve, or /deny.`
        : consent === 'EMERGENCY'
        ? `This is an emergency: a second one of our staff may let them in. You can refuse it, or ${end}.`
        : `Your settings let support in when you are told. You can ${end}.`,
    ].join('\n'),
  }
}
