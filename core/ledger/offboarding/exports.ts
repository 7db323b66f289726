/** What an offboarding asks of the whole export of a seller. */
import type { Tx } from '../../db/database.ts'

export interface TenantExports {
  /** In a seller's scope or in platform scope; one that is open is joined. */
  readonly request: (
    tx: Tx,
    ask: {
      readonly sellerId: string
      readonly reason: 'offboarding'
      /** Null: the platform asks. */
      readonly byUserId: string | null
    },
  ) => Promise<{ readonly id: string }>
  /** Null: there is none of this id. */
  readonly state: (
    tx: Tx,
    sellerId: string,
    id: string,
  ) => Promise<'WAITING' | 'RUNNING' | 'DONE' | 'FAILED' | null>
}
