/** Tries KMS with a key that nobody keeps, and opens some keys of sellers. Nothing stays behind. */
import { createKms, type KeyService } from '#core/crypto/kms.ts'
import { silentLog } from '#core/log.ts'
import { nothingToSee } from '../check.ts'
import type { Logins } from '../checks/database.ts'
import type { Kms, SellerKeys } from '../checks/keys.ts'
import type { Ground } from '../ground.ts'
import { awsOf, settingsOf } from '../settings.ts'
import { looking } from './database.ts'

const context = { seller: 'robnu-doctor', purpose: 'probe', version: '1' }
const sample = 5

const withKms = async <T>(
  { env }: Ground,
  work: (kms: KeyService) => Promise<T>,
): Promise<T> => {
  const kms = createKms({ ...awsOf(env), log: silentLog, requestTimeoutMs: 3_000 })
  try {
    return await work(kms)
  } finally {
    await kms.close()
  }
}

export const readKms = (ground: Ground): Promise<Kms> =>
  withKms(ground, async (kms) => {
    const { config } = settingsOf(ground.env)
    const known = {
      alias: config.ROBNU_KMS_ALIAS,
      makesMissing: config.ROBNU_KMS_CREATE_KEYS,
      perSeller: config.AWS_S3_PER_SELLER_KMS,
    }
    const ping = await whyNot(kms.ping())
    if (ping !== undefined) {
      return { ...known, ping, make: ping, open: undefined, opensAnyhow: false, key: null }
    }
    const key = await kms.describe(known.alias).catch(() => null)
    const made: { wrapped?: Uint8Array } = {}
    const make = await whyNot(
      kms.generate(known.alias, context).then(({ plain, wrapped }) => {
        plain.fill(0)
        made.wrapped = wrapped
      }),
    )
    if (made.wrapped === undefined) {
      return { ...known, ping, make, open: undefined, opensAnyhow: false, key }
    }
    const open = await whyNot(unwrap(kms, made.wrapped, context))
    const other = { ...context, seller: 'robnu-doctor-2' }
    const opensAnyhow = await whyNot(unwrap(kms, made.wrapped, other)) === undefined
    return { ...known, ping, make, open, opensAnyhow, key }
  })

const unwrap = async (
  kms: KeyService,
  wrapped: Uint8Array,
  context: Readonly<Record<string, string>>,
): Promise<void> => void (await kms.unwrap(wrapped, context)).fill(0)

/** AWS's own word, which quotes nothing of a request. */
export const whyNot = async (work: Promise<unknown>): Promise<string | undefined> => {
  try {
    await work
    return undefined
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown }
    const named = cause instanceof Error ? cause : error
    return named instanceof Error ? named.name : 'UnknownError'
  }
}

export const readSellerKeys = async (
  logins: Logins,
  kms: Kms,
  ground: Ground,
): Promise<SellerKeys> => {
  if (kms.ping !== undefined) throw nothingToSee('KMS does not answer')
  const found = await looking(logins, ground, async (sql, as) => {
    if (as !== 'owner') {
      throw nothingToSee('DATABASE_OWNER_URL is not set: nobody else may read keys of all sellers')
    }
    const rows = await sql<KeyRow[]>`
      select seller_id, purpose, version, wrapped, kms_alias from seller_keys
      where state = 'CURRENT' and root is null order by random() limit ${sample}`
    const [counted] = await sql<{ missing: number; unrooted: number }[]>`
      select (select count(distinct a.seller_id)::int from marketplace_accounts a
          where a.last_validated_at is not null and not exists (select from seller_keys k
            where k.seller_id = a.seller_id and k.purpose = 'seal' and k.state = 'CURRENT')) as missing,
        (select count(distinct seller_id)::int from seller_keys
          where root is null and purpose <> 'root' and state <> 'DESTROYED') as unrooted`
    const [withoutKeys, beforeRoots] = [counted?.missing ?? 0, counted?.unrooted ?? 0]
    return { rows: [...rows], withoutKeys, beforeRoots }
  })
  const { failed, aliases } = await withKms(ground, async (service) => ({
    failed: await Promise.all(
      found.rows.map(({ seller_id: seller, purpose, version, wrapped }) =>
        whyNot(unwrap(service, wrapped, { seller, purpose, version: String(version) }))
      ),
    ),
    aliases: await lookAt(service, found.rows.map((row) => row.kms_alias), kms.alias),
  }))
  return {
    aliases,
    ...{ withoutKeys: found.withoutKeys, beforeRoots: found.beforeRoots },
    tried: found.rows.length,
    failed: failed.filter((why) => why !== undefined),
  }
}
/** Of single sellers alone: the one for all is looked at by itself. */
const lookAt = async (
  kms: KeyService,
  used: readonly string[],
  common: string,
): Promise<SellerKeys['aliases']> => {
  const own = [...new Set(used)].filter((alias) => alias !== common)
  const unwell = await Promise.all(own.map(async (alias) => {
    const key = await kms.describe(alias).catch(() => undefined)
    if (key === undefined || key?.state === 'Enabled') return []
    return [`${alias}: ${key?.state ?? 'not there'}`]
  }))
  return { tried: own.length, unwell: unwell.flat() }
}

interface KeyRow {
  readonly kms_alias: string
  readonly seller_id: string
  readonly purpose: string
  readonly version: number
  readonly wrapped: Uint8Array
}
