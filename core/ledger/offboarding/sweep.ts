/** By the clock: tells OWNERs two days before, starts what is due, and signs what is proved. */
import { z } from 'zod'
import { recordAudit, recordOrgAudit } from '../../audit/record.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { tellKeyNews } from '../../crypto/key-news.ts'
import type { Signer } from '../../crypto/signing.ts'
import type { Database, Tx } from '../../db/database.ts'
import { bytes, command, sql } from '../../db/sql.ts'
import type { Log } from '../../log.ts'
import { requestSellerJob } from '../../queues/seller-jobs.ts'
import { certificateFile, silentOf, writeCertificate } from './certificate.ts'
import { type Letters, lettersTo, type OwnerMail } from './letters.ts'
import { certificateMail, noticeMail, requestedMail, withdrawnMail } from './mails.ts'
import type { TenantExports } from './exports.ts'
import { type Offboarding, readOffboarding, readOpenOffboardings } from './rows.ts'
import { readTrials } from './trials.ts'

interface SweepDeps {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly signer: Pick<Signer, 'sign' | 'keyId'>
  readonly exports: Pick<TenantExports, 'state'>
  /** False: it did not leave. */
  readonly sendMail: (mail: OwnerMail) => Promise<boolean>
  readonly now: () => Date
  readonly log: Log
}
export interface OffboardingSwept {
  /** Asked for, or called back: mailed for the first time. */
  readonly announced: number
  /** Mailed two days before. */
  readonly told: number
  readonly begun: number
  readonly signed: number
  /** Something opened that must not: nothing was signed. */
  readonly refused: number
  /** No mail has left: it is sent again by the next sweep, and nothing begins before. */
  readonly unsent: number
}
type Deed = Exclude<keyof OffboardingSwept, 'unsent'>

/** Demanded by the DPDP Rules of the large ones; given to all. */
const noticeMs = 48 * 3_600_000
const reason = 'offboarding'

/** Safe to repeat, also in two processes at once: each seller's row is locked, and looked at again. */
export const sweepOffboardings = async (deps: SweepDeps): Promise<OffboardingSwept> => {
  const { db, log } = deps
  const swept = { announced: 0, told: 0, begun: 0, signed: 0, refused: 0, unsent: 0 }
  for (const one of await db.withPlatformScope(reason, readOpenOffboardings)) {
    try {
      const { did, then } = await db.withPlatformScope(reason, (tx) => carryOn(tx, one, deps))
      if (did !== null) swept[did] += 1
      if (then === undefined) continue
      const told = await post(then, one, deps)
      if (!told) swept.unsent += 1
      else if (then.did !== null) swept[then.did] += 1
    } catch (error) {
      // one seller holds up no other
      log.error('offboarding.failed', { seller: one.sellerId, error })
    }
  }
  return swept
}

interface Done {
  readonly did: Deed | null
  /** Behind the transaction. */
  readonly then?: Letter
}
interface Letter {
  readonly did: Deed | null
  readonly mails: readonly OwnerMail[]
  /** In the transaction behind the mails: that they were sent. */
  readonly mark: (tx: Tx) => Promise<void>
}
const nothing: Done = { did: null }

/**
 * First the mails, then the word that they were sent: a process that is killed in between sends them twice,
 * and none is taken for sent that has not left. One that arrives is enough, or an address that is gone would
 * hold up everything; where there is nobody to be told, nobody is waited for.
 */
const post = async (
  { mails, mark }: Letter,
  { sellerId }: Pick<Offboarding, 'sellerId'>,
  { db, sendMail, log }: SweepDeps,
): Promise<boolean> => {
  const sent = (await Promise.allSettled(mails.map(sendMail)))
    .some((one) => one.status === 'fulfilled' && one.value)
  if (mails.length > 0 && !sent) {
    log.error('offboarding.mail-not-sent', { seller: sellerId, mails: mails.length })
    return false
  }
  await db.withPlatformScope(reason, mark)
  return true
}

const carryOn = async (
  tx: Tx,
  { id, sellerId }: Pick<Offboarding, 'id' | 'sellerId'>,
  deps: SweepDeps,
): Promise<Done> => {
  await tx.run(command`select from sellers where id = ${sellerId} for no key update`)
  const stands = await readOffboarding(tx, sellerId, id)
  if (stands?.state === 'SHREDDING') {
    return stands.step === 'PROVED' ? await sign(tx, stands, deps) : await begin(tx, sellerId)
  }
  if (stands?.state === 'SHREDDED' && stands.announced !== 'SHREDDED') {
    return await certify(tx, stands)
  }
  if (stands?.state === 'WITHDRAWN' && stands.announced === 'REQUESTED') {
    return await announce(tx, stands, withdrawnMail)
  }
  if (stands?.state !== 'REQUESTED') return nothing
  if (stands.announced === null) {
    return await announce(tx, stands, (seller) => requestedMail({ ...seller, ...stands }))
  }
  const nowMs = deps.now().getTime()
  if (stands.noticeAt === null) {
    return stands.shredsAt.getTime() - noticeMs <= nowMs ? await tell(tx, stands, deps) : nothing
  }
  const isDue = stands.shredsAt.getTime() <= nowMs && stands.noticeAt.getTime() + noticeMs <= nowMs
  return isDue && await isExported(tx, stands, deps) ? await begin(tx, sellerId) : nothing
}

/** Called back between the mail and its mark: that is told by the next sweep. */
const announce = async (
  tx: Tx,
  { id, sellerId, state, announced }: Offboarding,
  letter: Letters,
  did: Deed | null = 'announced',
): Promise<Done> => {
  const mark = async (tx: Tx) => {
    await tx.run(command`
      update seller_offboardings set announced = ${state}
      where seller_id = ${sellerId} and id = ${id} and announced is not distinct from ${announced}`)
  }
  return { did: null, then: { did, mark, mails: await lettersTo(tx, sellerId, letter) } }
}

/** The days count from the mail: where it was late, everything is. */
const tell = async (
  tx: Tx,
  { id, sellerId, shredsAt }: Offboarding,
  { now }: SweepDeps,
): Promise<Done> => {
  const last = new Date(Math.max(shredsAt.getTime(), now().getTime() + noticeMs))
  const mark = async (tx: Tx) => {
    const marked = await tx.run(command`
      update seller_offboardings
      set notice_at = greatest(${now().toISOString()}::timestamptz, clock_timestamp())
      where seller_id = ${sellerId} and id = ${id} and state = 'REQUESTED' and notice_at is null`)
    if (marked === 0) return
    recordAudit(tx, sellerId, 'seller.offboarding-announced', `seller:${sellerId}`, {
      offboarding: id,
    })
  }
  const mails = await lettersTo(tx, sellerId, (seller) => noticeMail({ ...seller, shredsAt: last }))
  return { did: null, then: { did: 'told', mark, mails } }
}

const begin = async (tx: Tx, sellerId: string): Promise<Done> => {
  const { created } = await requestSellerJob(tx, { sellerId, job: 'shred' })
  return { did: created ? 'begun' : null }
}

/** What the seller asked to have first is there. One that failed waits for staff: nothing brings it back. */
const isExported = async (
  tx: Tx,
  { sellerId, exportId }: Offboarding,
  { exports, log }: SweepDeps,
): Promise<boolean> => {
  if (exportId === null) return true
  const state = await exports.state(tx, sellerId, exportId)
  if (state === 'DONE') return true
  log.warn('offboarding.export-missing', { seller: sellerId, exportId, state })
  return false
}

const sign = async (
  tx: Tx,
  stands: Offboarding,
  { signer, now, log }: SweepDeps,
): Promise<Done> => {
  const { id, sellerId } = stands
  const { org } = await tx.one(sql.type(z.object({ org: z.string() }))`
    select org_id as org from sellers where id = ${sellerId}`)
  const trials = await readTrials(tx, stands)
  const text = writeCertificate(stands, { org, trials, signer, now: now() })
  if (text === null) {
    const opened = Math.max(...trials.map((trial) => trial.opened))
    log.error('shred.not-certified', { seller: sellerId, opened })
    // every process forgets once more, and tries again
    await tellKeyNews(tx, { sellerId, kind: 'destroyed' })
    recordOrgAudit(tx, org, 'shred.value-opened', `seller:${sellerId}`, { opened })
    return { did: 'refused' }
  }
  const silent = silentOf(stands.facts, trials) ?? []
  // a deployment in between, or a process that hangs: the certificate names them
  if (silent.length > 0) log.warn('shred.silent', { seller: sellerId, silent })
  const signature = signer.sign(text)
  const sha256 = sha256Hex(text)
  await tx.run(command`
    update seller_offboardings set state = 'SHREDDED', shredded_at = ${now().toISOString()},
      certificate = ${text}, signature = ${bytes(signature)}
    where seller_id = ${sellerId} and id = ${id}`)
  await tx.run(command`
    delete from shred_samples where seller_id = ${sellerId} and offboarding_id = ${id}`)
  const irrevocableAt = stands.facts.kms?.irrevocableAt ?? ''
  const told = { offboarding: id, certificate: sha256, irrevocable_at: irrevocableAt }
  recordAudit(tx, sellerId, 'seller.shredded', `seller:${sellerId}`, told)
  recordOrgAudit(tx, org, 'seller.shredded', `seller:${sellerId}`, told)
  const signed = { ...stands, state: 'SHREDDED' as const, certificate: text, signature }
  return { ...await certify(tx, signed), did: 'signed' }
}

/** People cannot come in for it any more. */
const certify = async (tx: Tx, stands: Offboarding): Promise<Done> => {
  const { certificate, signature, facts } = stands
  if (certificate === null || signature === null) throw new Error('unreachable: it is signed')
  const irrevocableAt = new Date(facts.kms?.irrevocableAt ?? '')
  const file = certificateFile(certificate, signature)
  return await announce(
    tx,
    stands,
    (seller) => certificateMail({ ...seller, irrevocableAt, file }),
    null,
  )
}
