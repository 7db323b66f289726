/** Under which GSTIN, name and address the seller is registered: what papers say of who sells. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database, Entry } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { isGstin, pinAgreesWithState } from '../../plugin.ts'

export interface Registration {
  readonly gstin: string
  readonly legal_name: string
  readonly trade_name: string | null
  readonly line1: string
  readonly line2: string | null
  readonly city: string
  readonly postal_code: string
  readonly state_code: string
  readonly updated_at: Date
}
export type RegistrationInput = Omit<Registration, 'gstin' | 'state_code' | 'updated_at'>

export type Registrations = ReturnType<typeof createRegistrations>

export const createRegistrations = (db: Database) => ({
  list: (entry: Entry): Promise<readonly Registration[]> =>
    db.inSellerScope(entry).any(sql.type(registrationRow)`
      select ${columns} from seller_registrations
      where seller_id = ${entry.sellerId} order by gstin`),

  /** Makes it or changes it. Throws `invalid-request` for what cannot be true. */
  put: (entry: Entry, gstin: string, input: RegistrationInput): Promise<Registration> => {
    if (!isGstin(gstin)) throw fault('not-found')
    const stateCode = gstin.slice(0, 2)
    if (!pinAgreesWithState(input.postal_code, stateCode)) {
      const message = 'is no PIN code of the state that the GSTIN begins with'
      throw fault('invalid-request', { errors: [{ pointer: '/postal_code', message }] })
    }
    return db.withSellerScope(entry, async (scope) => {
      await scope.run(command`
        insert into seller_registrations (
          seller_id, gstin, legal_name, trade_name, line1, line2, city, postal_code, state_code
        ) values (
          ${scope.sellerId}, ${gstin}, ${input.legal_name}, ${input.trade_name}, ${input.line1},
          ${input.line2}, ${input.city}, ${input.postal_code}, ${stateCode}
        )
        on conflict (seller_id, gstin) do update set
          legal_name = excluded.legal_name, trade_name = excluded.trade_name,
          line1 = excluded.line1, line2 = excluded.line2, city = excluded.city,
          postal_code = excluded.postal_code, updated_at = now()`)
      recordAudit(scope, scope.sellerId, 'seller.registered', `seller:${scope.sellerId}`, { gstin })
      return await scope.one(sql.type(registrationRow)`
        select ${columns} from seller_registrations
        where seller_id = ${scope.sellerId} and gstin = ${gstin}`)
    })
  },
})

const columns = sql.fragment`gstin, legal_name, trade_name, line1, line2, city, postal_code,
  state_code, updated_at`
const registrationRow = z.object({
  gstin: z.string(),
  legal_name: z.string(),
  trade_name: z.string().nullable(),
  line1: z.string(),
  line2: z.string().nullable(),
  city: z.string(),
  postal_code: z.string(),
  state_code: z.string(),
  updated_at: z.date(),
})
