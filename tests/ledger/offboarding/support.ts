/** A seller with buyers, processes that hold its keys, a KMS that can lose them, and a clock that moves. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createKeyNews, type KeyNews } from '../../../core/crypto/key-news.ts'
import { createKeyring, type Keyring } from '../../../core/crypto/keyring.ts'
import type { KeyContext, KeyWrapping } from '../../../core/crypto/kms.ts'
import type { Signer } from '../../../core/crypto/signing.ts'
import { sql } from '../../../core/db/sql.ts'
import { newId } from '../../../core/ids.ts'
import { certificateFile } from '../../../core/ledger/offboarding/certificate.ts'
import { shred, type ShredDeps } from '../../../core/ledger/offboarding/shred.ts'
import { type OffboardingSwept, sweepOffboardings } from '../../../core/ledger/offboarding/sweep.ts'
import { readOffboarding } from '../../../core/ledger/offboarding/rows.ts'
import type { OwnerMail } from '../../../core/ledger/offboarding/letters.ts'
import { tryShredded } from '../../../core/ledger/offboarding/trials.ts'
import { silentLog } from '../../../core/log.ts'
import { requestSellerJob } from '../../../core/queues/seller-jobs.ts'
import { claimWork, type LeasedJob } from '../../../core/queues/work.ts'
import { newSigner } from '../../audit/chains.ts'
import { asSuperuser } from '../../isolation/attempts.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { verifyCertificate } from './offline.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { orderRow } from '../support/rows.ts'

const dayMs = 86_400_000
const never = new AbortController().signal
export const ownAlias = (sellerId: string) => `alias/robnu/seller-${sellerId}`
export const sharedAlias = () => 'alias/robnu/default'

/** Wraps by alias, and loses an alias for good when its time has come. */
const vaultKms = (now: () => number) => {
  const vault = new Map<string, { readonly plain: Uint8Array; readonly alias: string }>()
  const deletions = new Map<string, Date>()
  const nameOf = (wrapped: Uint8Array, context: KeyContext) =>
    `${[...wrapped].join()} ${JSON.stringify(context)}`
  const kms: KeyWrapping & Pick<ShredDeps['kms'], 'scheduleDeletion'> = {
    generate: (alias, context) => {
      const plain = new Uint8Array(randomBytes(32))
      const wrapped = new Uint8Array(randomBytes(16))
      vault.set(nameOf(wrapped, context), { plain: plain.slice(), alias })
      return Promise.resolve({ plain, wrapped })
    },
    unwrap: (wrapped, context) => {
      const found = vault.get(nameOf(wrapped, context))
      const gone = found && deletions.has(found.alias)
      if (!found || gone) return Promise.reject(new Error('Cannot unwrap: there is no such key'))
      return Promise.resolve(found.plain.slice())
    },
    ensureAlias: () => Promise.resolve(),
    scheduleDeletion: (alias, days) => {
      const date = deletions.get(alias) ?? new Date(now() + days * dayMs)
      deletions.set(alias, date)
      return Promise.resolve(date)
    },
  }
  return { kms, deletions }
}

interface Process {
  readonly id: string
  readonly keyring: Keyring
  readonly news: KeyNews
}
export interface House {
  readonly fresh: FreshDatabase
  readonly clock: { ms: number }
  readonly signer: Signer
  readonly mails: OwnerMail[]
  readonly kms: ReturnType<typeof vaultKms>
  /** With so many orders of buyers. */
  readonly openSeller: (orders: number, aliasOf?: (sellerId: string) => string) => Promise<Pages>
  /** One that holds keys, and hears when it looks. */
  readonly startProcess: (parts: string, aliasOf?: (sellerId: string) => string) => Process
  readonly deps: (worker: Process, changes?: Partial<ShredDeps>) => ShredDeps
  /** Asked for seven days ago, told two days ago, due now. */
  readonly askedFor: (sellerId: string) => Promise<string>
  readonly sweep: (
    changes?: Partial<Parameters<typeof sweepOffboardings>[0]>,
  ) => Promise<OffboardingSwept>
  /** Moves what has happened into the past: the database goes by a clock of its own. */
  readonly age: (sellerId: string, minutes: number) => Promise<void>
  /** One slice of the job; the state of its item. */
  readonly slice: (sellerId: string, deps: ShredDeps) => Promise<string>
  /** Sweeps, slices and looks of the other processes until it is signed. */
  readonly toTheEnd: (
    sellerId: string,
    worker: Process,
    others?: readonly Process[],
  ) => Promise<void>
  readonly stands: (sellerId: string) => ReturnType<typeof readOffboarding>
  readonly close: () => Promise<void>
}

export const openHouse = async (): Promise<House> => {
  const made = await freshDatabase({ maxConnections: 6 })
  const admin = await asSuperuser(made)
  // asked often: one connection for all
  const fresh: FreshDatabase = { ...made, asSuperuser: (work) => work(admin.sql) }
  const { db } = fresh
  // real at first: the database has a clock of its own
  const clock = { ms: Date.now() }
  const kms = vaultKms(() => clock.ms)
  const signer = newSigner()
  const mails: OwnerMail[] = []
  const closing: (() => unknown)[] = []

  const startProcess: House['startProcess'] = (parts, aliasOf = sharedAlias) => {
    const keyring = createKeyring({
      ...{ db, kms: kms.kms, log: silentLog, now: () => clock.ms },
      ...{ aliasOf, createMissingAlias: false },
    })
    closing.push(keyring.close)
    const id = newId()
    const news = createKeyNews({ db, keyring, log: silentLog })
    news.onDestroyed((sellerId) =>
      tryShredded({ db, keyring, log: silentLog, process: { id, parts } }, sellerId)
    )
    return { id, keyring, news }
  }
  const deps: House['deps'] = ({ keyring }, changes = {}) => ({
    ...{ db, keyring, kms: kms.kms, files: { removeSome: () => Promise.resolve(0) } },
    ...{ log: silentLog, now: () => clock.ms, sliceMs: 60_000 },
    config: { ROBNU_BACKUP_DAYS: 30, AWS_S3_PER_SELLER_KMS: false, ROBNU_KMS_STALE_MINUTES: 0 },
    ...changes,
  })
  const sweep: House['sweep'] = (changes = {}) =>
    sweepOffboardings({
      ...{ db, signer, log: silentLog, now: () => new Date(clock.ms) },
      exports: { state: () => Promise.resolve('DONE') },
      sendMail: (mail) => Promise.resolve(mails.push(mail) > 0),
      ...changes,
    })
  const lease = async (sellerId: string): Promise<LeasedJob | null> => {
    await db.withPlatformScope('test', (tx) => requestSellerJob(tx, { sellerId, job: 'shred' }))
    const [item] = await fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`
        update work_items set not_before = now(), lease_until = now()
        where seller_id = ${sellerId} and lane = 'job:shred' and state in ('WAITING', 'RUNNING')
        returning id`
    )
    const work = item && await claimWork(db, { sellerId, itemId: item.id, leaseMs: 60_000 })
    if (!work?.claimed || work.target !== 'JOB') throw new Error('The job cannot be claimed')
    return work
  }
  const slice: House['slice'] = async (sellerId, given) => {
    const work = await lease(sellerId)
    if (work === null) return 'DONE'
    await shred(given, work, { signal: never, draining: never })
    const { state } = await db.withPlatformScope(
      'test',
      (tx) =>
        tx.one(sql.type(z.object({ state: z.string() }))`
        select state from work_items where seller_id = ${sellerId} and id = ${work.itemId}`),
    )
    return state
  }
  const age: House['age'] = async (sellerId, minutes) => {
    await fresh.asSuperuser((admin) =>
      admin.begin(async (tx) => {
        await tx.unsafe(`set local session_replication_role = 'replica'`)
        const by = `${minutes} minutes`
        await tx`
          update seller_offboardings set requested_at = requested_at - ${by}::interval,
            notice_at = notice_at - ${by}::interval, closed_at = closed_at - ${by}::interval,
            destroyed_at = destroyed_at - ${by}::interval
          where seller_id = ${sellerId}`
      })
    )
  }
  const stands: House['stands'] = (sellerId) =>
    db.withPlatformScope('test', (tx) => readOffboarding(tx, sellerId))
  return {
    ...{ fresh, clock, signer, mails, kms, startProcess, deps, sweep, age, slice, stands },
    openSeller: async (orders, aliasOf = sharedAlias) => {
      const pages = await openPages(fresh, kms.kms, aliasOf)
      closing.push(pages.close)
      await pages.store(
        'ORDERS',
        Array.from({ length: orders }, (_one, at) => orderRow({ externalId: `O-${at}` })),
      )
      return pages
    },
    askedFor: async (sellerId) => {
      const id = newId()
      await fresh.asSuperuser((admin) =>
        admin`
          insert into seller_offboardings
            (seller_id, id, reason, requested_by, requested_at, announced, shreds_at, notice_at)
          values (${sellerId}, ${id}, 'The shop closes', 'system:test', now() - interval '7 days', 'REQUESTED',
            now() - interval '1 minute', now() - interval '49 hours')`
      )
      return id
    },
    toTheEnd: async (sellerId, worker, others = []) => {
      for (let turn = 0; turn < 10; turn++) {
        await sweep()
        if ((await stands(sellerId))?.state === 'SHREDDED') return
        await slice(sellerId, deps(worker))
        for (const one of [worker, ...others]) await one.news.look()
        await age(sellerId, 8)
      }
      throw new Error('The seller is not shredded')
    },
    close: async () => {
      for (const end of closing.toReversed()) await end()
      await admin.close()
      await fresh.close()
    },
  }
}

/** Whatever lies sealed in the columns of orders, read as the superuser. */
export const sealedOrders = ({ fresh }: Pick<House, 'fresh'>, sellerId: string) =>
  fresh.asSuperuser((admin) =>
    admin<{ id: string; sealed: Uint8Array }[]>`
      select id, customer_phone_enc as sealed from orders
      where seller_id = ${sellerId} and customer_phone_enc is not null order by id`
  )

export const auditOf = ({ fresh }: Pick<House, 'fresh'>, sellerId: string) =>
  fresh.asSuperuser(async (admin) =>
    (await admin<{ action: string }[]>`
      select action from audit_events where seller_id = ${sellerId} order by seq`)
      .map(({ action }) => action)
  )

/** What was signed of the seller, and what whoever doubts it finds. */
export const mustCertify = async (house: House, sellerId: string) => {
  const { certificate, signature, state } = await house.stands(sellerId) ?? {}
  if (!certificate || !signature) throw new Error(`Nothing is signed: ${state}`)
  return {
    told: JSON.parse(certificate),
    report: await verifyCertificate(certificateFile(certificate, signature), {
      keys: { keys: house.signer.publicKeys },
      now: new Date(house.clock.ms),
    }),
  }
}

export const sampleOf = (house: House, sellerId: string) =>
  house.fresh.asSuperuser(async (admin) =>
    (await admin<{ table: string; column: string; rowId: string; sealed: Uint8Array }[]>`
      select table_name as table, column_name as column, row_id as "rowId", sealed
      from shred_samples where seller_id = ${sellerId} order by place`)
      .map((row) => ({ ...row }))
  )

/** Slices until it stands at the step. */
export const untilStep = async (
  house: House,
  sellerId: string,
  step: string,
  deps: ShredDeps,
): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) {
    if ((await house.stands(sellerId))?.step === step) return
    await house.slice(sellerId, deps)
  }
  throw new Error(`It does not come to ${step}`)
}
