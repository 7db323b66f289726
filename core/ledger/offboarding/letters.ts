/** Mails to the OWNERs of a seller. */
import { z } from 'zod'
import type { Tx } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'

export interface OwnerMail {
  readonly to: string
  readonly subject: string
  readonly text: string
}
/** The text, for the seller as it is named. */
export type Letters = (seller: { readonly name: string }) => Omit<OwnerMail, 'to'>

/**
 * In a platform scope: addresses of people are not for a seller's. To those who were OWNERs until the
 * seller was shut, too. Send when it has committed.
 */
export const lettersTo = async (
  tx: Tx,
  sellerId: string,
  letter: Letters,
): Promise<readonly OwnerMail[]> => {
  const owners = await tx.any(sql.type(ownerRow)`
    select i.email, s.name from sellers s
    join seller_users u on u.seller_id = s.id and u.role = 'OWNER'
    join identities i on i.id = u.identity_id
    where s.id = ${sellerId} and (u.removed_at is null or s.status = 'OFFBOARDED'
      and u.removed_at >= (select max(o.closed_at) - interval '1 minute'
        from seller_offboardings o where o.seller_id = s.id))
    order by u.id`)
  return owners.map(({ email, name }) => ({ to: email, ...letter({ name }) }))
}
const ownerRow = z.object({ email: z.string(), name: z.string() })
