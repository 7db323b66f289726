/** Whoever puts the wrapped keys of a backup into the database again, after the shredding. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type House,
  mustCertify,
  openHouse,
  ownAlias,
  sampleOf,
  sharedAlias,
  untilStep,
} from './support.ts'
import { revive } from './sellers.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const wrappedOf = (sellerId: string) =>
  house.fresh.asSuperuser((admin) => admin`select * from seller_keys where seller_id = ${sellerId}`)
const restore = async (sellerId: string, rows: Awaited<ReturnType<typeof wrappedOf>>) => {
  await house.fresh.asSuperuser((admin) =>
    admin.begin(async (tx) => {
      await tx.unsafe(`set local session_replication_role = 'replica'`)
      for (const { purpose, version, wrapped, state } of rows) {
        await tx`update seller_keys set wrapped = ${wrapped}, state = ${state}
          where seller_id = ${sellerId} and purpose = ${purpose} and version = ${version}`
      }
    })
  )
}
const afterwards = async (aliasOf: (sellerId: string) => string) => {
  const { seller } = await house.openSeller(2, aliasOf)
  const { sellerId } = seller
  const backup = await wrappedOf(sellerId)
  await house.askedFor(sellerId)
  const worker = house.startProcess('worker', aliasOf)
  await untilStep(house, sellerId, 'SAMPLED', house.deps(worker, { sliceMs: -1 }))
  const sample = await sampleOf(house, sellerId)
  await house.toTheEnd(sellerId, worker)
  await restore(sellerId, backup)
  return { sellerId, sample, ...await mustCertify(house, sellerId) }
}
/** By whoever holds the database and our KMS. */
const opensAgain = async (sellerId: string, sample: Awaited<ReturnType<typeof sampleOf>>) => {
  const thief = house.startProcess('thief')
  return await thief.keyring.forSeller(await revive(house, sellerId)).then(
    () => thief.keyring.attempt(sellerId, sample).opened,
    (error) => {
      expect(String(error)).toContain('Cannot unwrap')
      return 0
    },
  )
}

it('a key that a backup brings back opens nothing once the KMS key of the seller is gone', async () => {
  const { sellerId, sample, told, report } = await afterwards(ownAlias)
  expect(report.ok).toBe(true)
  expect(told.mode).toBe('own-kms-key')
  expect(told.irrevocableAt).toBe(house.kms.deletions.get(ownAlias(sellerId))?.toISOString())
  expect(await opensAgain(sellerId, sample)).toBe(0)
})

it('a key that a backup brings back opens under the shared alias, which is why the certificate names the day of the last backup', async () => {
  const { sellerId, sample, told } = await afterwards(sharedAlias)
  expect(told.mode).toBe('shared-alias')
  // the house has moved the destruction by minutes
  const days = (Date.parse(told.irrevocableAt) - Date.parse(told.destroyedAt)) / 86_400_000
  expect(Math.round(days)).toBe(30)
  expect(await opensAgain(sellerId, sample)).toBe(sample.length)
})
