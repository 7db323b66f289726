/** Reads heads, digests and anchors; the chains themselves are for `robnu audit verify`. */
import { createVerifier } from '#core/crypto/signing.ts'
import type { Audit } from '../checks/audit.ts'
import type { Logins } from '../checks/database.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'
import { looking } from './database.ts'

export const readAudit = (logins: Logins, ground: Ground): Promise<Audit> =>
  looking(logins, ground, async (sql) => {
    const [row] = await sql<AuditRow[]>`
      with last as (
        select distinct on (seller_id) seller_id, seq_to, head_hash from audit_digests
        order by seller_id, seq_to desc
      )
      select
        (select count(*)::int from last l left join audit_heads h using (seller_id)
          where h.seq is null or h.seq < l.seq_to
            or h.seq = l.seq_to and h.hash <> l.head_hash) as apart,
        (select count(*)::int from audit_heads h left join last l using (seller_id)
          where exists (select from audit_events e where e.seller_id = h.seller_id
            and e.seq = coalesce(l.seq_to, 0) + 1
            and e.at < clock_timestamp() - interval '2 hours')) as undigested,
        (select count(*)::int from audit_anchors where attempts >= 3) as undelivered,
        (select count(*)::int from audit_anchors) as anchors,
        (select coalesce(array_agg(distinct key_id), '{}') from audit_digests) as keys`
    if (row === undefined) throw new Error('The database does not say how the trails stand')
    const { config, stoodIn } = settingsOf(ground.env)
    const known = stoodIn.has('ROBNU_AUDIT_KEYS') ? undefined : keyIds(config.ROBNU_AUDIT_KEYS)
    return {
      ...{ headsApart: row.apart, undigested: row.undigested },
      ...{ undelivered: row.undelivered, anchors: row.anchors },
      unknownKeys: known === undefined ? 0 : row.keys.filter((id) => !known.has(id)).length,
    }
  })

/** Undefined: the set cannot be used, which a check of its own tells. */
const keyIds = (set: Parameters<typeof createVerifier>[0]): ReadonlySet<string> | undefined => {
  try {
    return new Set(createVerifier(set).publicKeys.map(({ kid }) => kid))
  } catch {
    return undefined
  }
}

interface AuditRow {
  readonly apart: number
  readonly undigested: number
  readonly undelivered: number
  readonly anchors: number
  readonly keys: readonly string[]
}
