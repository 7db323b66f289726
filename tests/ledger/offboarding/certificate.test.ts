/** The certificate, by the file that whoever doubts it runs; and the day that it names. */
import { expect, it } from 'vitest'
import { certificateFile, writeCertificate } from '../../../core/ledger/offboarding/certificate.ts'
import { irrevocable } from '../../../core/ledger/offboarding/irrevocable.ts'
import type { Facts, Offboarding } from '../../../core/ledger/offboarding/rows.ts'
import type { Trial } from '../../../core/ledger/offboarding/trials.ts'
import { newSigner } from '../../audit/chains.ts'
import { textOf, verifyCertificate } from './offline.ts'

const seller = '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a'
const other = '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0b'
const own = `alias/robnu/seller-${seller}`
const at = (day: number) => new Date(Date.UTC(2026, 0, day))
const key = (change: Partial<NonNullable<Facts['keys']>[number]> = {}) => ({
  ...{ purpose: 'root', version: 1, alias: 'alias/robnu/default', wrappedSha256: 'ab'.repeat(32) },
  ...{ wrappedAt: at(1).toISOString(), isRewrapped: false },
  ...change,
})
const facts: Facts = {
  closed: { people: 2, sessions: 1 },
  sample: {
    values: 8,
    places: { 'orders.address_enc': 8 },
    sha256: 'cd'.repeat(32),
    unreadable: 0,
  },
  rows: { orders: 3 },
  cleared: { 'orders.customer_phone_idx': 3 },
  keys: [key(), key({ purpose: 'seal', alias: null })],
  objects: 4,
  kms: { mode: 'shared-alias', irrevocableAt: at(38).toISOString(), keyDeletionAt: null },
  processes: [
    { process: seller, parts: 'api', seenAt: at(8).toISOString() },
    { process: other, parts: 'worker', seenAt: at(8).toISOString() },
  ],
  proved: { waitedMs: 430_000, keyAgeMs: 420_000, keysLeft: 0, tried: 8, opened: 0 },
}
const stands: Offboarding = {
  ...{ id: seller, sellerId: seller, state: 'SHREDDING', step: 'PROVED', reason: 'It closes' },
  ...{ requestedAt: at(1), shredsAt: at(8), noticeAt: at(6), announced: 'REQUESTED', facts },
  ...{ closedAt: at(8), destroyedAt: at(8), withdrawnAt: null, shreddedAt: null },
  ...{ exportId: null, certificate: null, signature: null },
}
const trial = {
  ...{ process: seller, parts: 'api', heardAfterMs: 900, tried: 8, opened: 0, mostOpened: 0 },
}
const signer = newSigner()
const write = (of: Offboarding = stands, trials = [trial]) =>
  writeCertificate(of, { org: seller, trials, signer, now: at(9) })
const keys = { keys: signer.publicKeys }
const verify = (text: string, by = keys, now = at(10)) => verifyCertificate(text, { keys: by, now })
const signed = (text: string) => certificateFile(text, signer.sign(text))

it('verifies with the public keys, and tells whether its day has come', async () => {
  const text = write() ?? ''
  expect(await verify(signed(text))).toMatchObject({ ok: true, faults: [], irrevocable: false })
  expect(await verify(signed(text), keys, at(39))).toMatchObject({ ok: true, irrevocable: true })
  // nothing of a buyer, and no word of a person
  expect(text).not.toContain('It closes')
})

it('does not verify with one letter changed, or by the keys of somebody else', async () => {
  const text = write() ?? ''
  const signature = signer.sign(text)
  const reasons = async (of: string, by = keys) =>
    (await verify(of, by)).faults.map(({ reason }) => reason)
  for (const at of [1, Math.floor(text.length / 2), text.length - 2]) {
    const changed = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
    const verdict = reasons(certificateFile(changed, signature))
    // what is no JSON any more is no certificate at all
    expect(await verdict.catch(() => ['not-signed'])).toEqual(['not-signed'])
  }
  expect(await reasons(signed(text), { keys: newSigner().publicKeys })).toEqual(['not-signed'])
  expect(await reasons(signed(text), { keys: [] })).toEqual(['not-signed'])
  await expect(verify('a letter')).rejects.toThrow('no shred certificate')
})

it('does not verify where it contradicts itself, whoever has signed it', async () => {
  const told = JSON.parse(write() ?? '')
  const reasons = async (change: object) =>
    (await verify(signed(JSON.stringify({ ...told, ...change })))).faults.map(({ reason }) =>
      reason
    )
  expect(await reasons({})).toEqual([])
  expect(await reasons({ trials: [{ ...trial, opened: 1 }] })).toEqual(['opened'])
  expect(await reasons({ trials: [{ ...trial, tried: 7 }] })).toEqual(['opened'])
  expect(await reasons({ lastTrial: { ...told.lastTrial, tried: 0 } })).toEqual(['opened'])
  expect(await reasons({ keysLeft: 1 })).toEqual(['keys-left'])
  expect(await reasons({ lastTrial: { ...told.lastTrial, waitedMs: 419_999 } }))
    .toEqual(['too-early'])
  expect(await reasons({ noticeAt: at(7).toISOString() })).toEqual(['times'])
  expect(await reasons({ irrevocableAt: at(7).toISOString() })).toEqual(['times'])
  expect(await reasons({ mode: 'own-kms-key', kmsKeyDeletionAt: at(50).toISOString() }))
    .toEqual(['too-soon'])
  expect(await reasons({ type: 'robnu-audit-digest/1' })).toEqual(['no-certificate'])
})

it('names the processes that have said nothing', async () => {
  const silentIn = (of: Offboarding, trials = [trial]) =>
    JSON.parse(write(of, trials) ?? '').silent?.map(({ process }: Trial) => process) ?? null
  expect(silentIn(stands)).toEqual([other])
  expect(silentIn(stands, [])).toEqual([seller, other])
  expect(silentIn(stands, [trial, { ...trial, process: other }])).toEqual([])
  expect(textOf(await verify(signed(write() ?? '')))).toContain(
    `1 processes that were there said nothing: ${other} (worker)`,
  )
  // shredded by a release that did not look, nor said how long it had to wait
  const { processes: _processes, proved, ...before } = facts
  if (proved === undefined) throw new Error('It is proved')
  const { keyAgeMs: _keyAgeMs, ...rest } = proved
  const old = { ...stands, facts: { ...before, proved: rest } }
  expect(silentIn(old)).toBeNull()
  expect(await verify(signed(write(old) ?? ''))).toMatchObject({ ok: true })
})

it('is written for nothing that opened, and for nothing that was not looked at', () => {
  expect(write(stands, [trial, { ...trial, opened: 1 }])).toBeNull()
  for (const name of ['sample', 'keys', 'kms', 'proved', 'closed', 'objects'] as const) {
    const { [name]: _left, ...rest } = facts
    expect(() => write({ ...stands, facts: rest }), name).toThrow()
  }
  expect(() => write({ ...stands, destroyedAt: null })).toThrow()
})

it('names the day on which KMS or the last backup forgets, whichever is later', () => {
  const boundBy = (of: Facts['keys'], keyDeletionAt: Date | null) =>
    irrevocable({ ...stands, facts: { keys: of } }, { keyDeletionAt, backupDays: 30 })
  const backups = at(8 + 30).toISOString()
  const shared = { mode: 'shared-alias', irrevocableAt: backups }
  expect(boundBy([key()], null)).toMatchObject(shared)
  expect(boundBy([], at(15))).toMatchObject(shared)
  const ofOwn = key({ alias: own })
  const sealed = key({ purpose: 'seal', alias: null })
  const deleted = { mode: 'own-kms-key', irrevocableAt: at(15).toISOString() }
  expect(boundBy([ofOwn, sealed], at(15))).toMatchObject(deleted)
  // one that is left under the shared alias is in every backup
  expect(boundBy([ofOwn, key({ version: 2 })], at(15))).toMatchObject(shared)
  // moved there on day 5: backups of before hold it as it was
  const moved = { isRewrapped: true, wrappedAt: at(5).toISOString() }
  const late = { mode: 'own-kms-key', irrevocableAt: at(5 + 30).toISOString() }
  expect(boundBy([key({ alias: own, ...moved })], at(15))).toMatchObject(late)
  // its predecessor under the shared alias was destroyed on day 5
  const before = key({ wrappedSha256: null, ...moved })
  expect(boundBy([before, ofOwn], at(15))).toMatchObject(late)
  expect(boundBy([{ ...before, alias: own }, ofOwn], at(15))).toMatchObject(deleted)
})
