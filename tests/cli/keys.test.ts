/** `robnu keys`: what there is, walks that are asked for, and wrapping anew by a KMS. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { createKms, type KeyService } from '../../core/crypto/kms.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { type KmsServer, startKmsServer } from '../crypto/kms-server.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { environmentOf, robnu } from './support.ts'

let fresh: FreshDatabase
let server: KmsServer
let kms: KeyService
let env: Record<string, string>
let asha: TestSeller
let bharat: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase()
  server = await startKmsServer()
  env = {
    ...environmentOf(fresh),
    ...{ AWS_ENDPOINT_URL: server.url, AWS_REGION: 'ap-south-1', ROBNU_KMS_CREATE_KEYS: 'true' },
    ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  }
  kms = createKms({
    ...{ region: 'ap-south-1', endpoint: server.url, log: silentLog },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  ;[asha, bharat] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
  for (const { entry } of [asha, bharat]) await withKeyring((keyring) => keyring.forSeller(entry))
})
afterAll(async () => {
  kms?.close()
  await server?.stop()
  await fresh?.close()
})

const withKeyring = async <T>(work: (keyring: Keyring) => Promise<T>): Promise<T> => {
  const keyring = createKeyring({
    ...{ db: fresh.db, kms, aliasOf: () => 'alias/robnu/default', createMissingAlias: true },
    ...{ log: silentLog, now: () => 0 },
  })
  return await work(keyring).finally(keyring.close)
}
const why = ['--reason', 'A laptop was lost', '--by', 'meera']
const run = (...args: readonly string[]) => robnu(['keys', ...args], { env })
const rootOf = async ({ sellerId }: TestSeller) =>
  (await fresh.asSuperuser((sql) =>
    sql<{ wrapped: Uint8Array; kms_alias: string }[]>`
      select wrapped, kms_alias from seller_keys where seller_id = ${sellerId} and purpose = 'root'`
  ))[0]

it('lists the keys of a seller, and never a byte of them', async () => {
  const { out } = await run('list', asha.sellerId)
  expect(out.split('\n').map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
    ...['purpose version state', 'hash 1 CURRENT', 'index 1 CURRENT', 'root 1 CURRENT'],
    ...['seal 1 CURRENT', ''],
  ])
  const { keys } = (await run('list', asha.sellerId, '--json')).json()
  expect(keys).toContainEqual(
    expect.objectContaining({ purpose: 'root', kms_alias: 'alias/robnu/default' }),
  )
  expect(JSON.stringify(keys)).not.toContain('"wrapped"')
  expect((await run('list', newId())).err).toContain('This seller has no keys')
})

it('asks for walks of one seller or of all, once, and says how they stand', async () => {
  expect((await run('rotate', asha.sellerId, ...why, '--dry-run')).out)
    .toBe(`Would ask for ROTATE of ${asha.sellerId}\n`)
  expect((await run('status', '--json')).json()).toEqual({ walks: [], before_roots: [] })
  for (const created of [true, false]) {
    expect((await run('rotate', asha.sellerId, ...why, '--json')).json())
      .toMatchObject({ done: [{ seller: asha.sellerId, ok: true, created }] })
  }
  expect((await run('verify', '--all', '--one-in', '10', ...why)).out).toMatch(/\n2 sellers\n$/)
  const { walks } = (await run('status', '--open', '--json')).json()
  expect(walks).toHaveLength(3)
  expect(walks).toContainEqual(expect.objectContaining({
    ...{ seller_id: asha.sellerId, kind: 'ROTATE', state: 'ASKED', reason: 'A laptop was lost' },
    asked_by: 'system:cli:meera',
  }))
  expect((await run('status', bharat.sellerId)).out).toContain('VERIFY  ASKED')
  expect((await run('prune', asha.sellerId, ...why)).out).toMatch(/^Nothing to destroy of /)
  const [event] = await fresh.asSuperuser((sql) =>
    sql`select actor_kind, action, data::json as data from audit_events
      where seller_id = ${asha.sellerId} order by seq limit 1`
  )
  expect(event).toEqual({
    ...{ actor_kind: 'system', action: 'key-walk.requested' },
    data: { by: 'meera', kind: 'ROTATE', reason: 'A laptop was lost' },
  })
})

it('has KMS wrap the roots anew, once, and they open as before', async () => {
  const before = await rootOf(asha)
  const hashed = () =>
    withKeyring(async (keyring) => [...(await keyring.forSeller(asha.entry)).hash(['x'])])
  const hash = await hashed()
  const own = { ...env, AWS_S3_PER_SELLER_KMS: 'true' }
  const rewrap = (...args: readonly string[]) =>
    robnu(['keys', 'rewrap', ...args, ...why], { env: own })
  expect((await rewrap('--all', '--dry-run')).out).toContain('1 of 1 keys would be wrapped anew')
  expect(await rootOf(asha)).toEqual(before)
  const alias = `alias/robnu/seller-${asha.sellerId}`
  expect((await rewrap(asha.sellerId, '--json')).json())
    .toEqual({ done: [{ seller: asha.sellerId, ok: true, alias, keys: 1, rewrapped: 1 }] })
  const after = await rootOf(asha)
  expect(after?.kms_alias).toBe(alias)
  expect(after?.wrapped).not.toEqual(before?.wrapped)
  expect(await hashed()).toEqual(hash)
  expect((await rootOf(bharat))?.kms_alias).toBe('alias/robnu/default')
  // nothing is done twice; the other one is what is left
  server.operations.length = 0
  expect((await rewrap('--all', '--json')).json()).toMatchObject({
    done: [asha, bharat].map(({ sellerId }) => ({
      ...{ seller: sellerId, rewrapped: sellerId === asha.sellerId ? 0 : 1 },
    })).toSorted((a, b) => a.seller < b.seller ? -1 : 1),
  })
  expect(server.operations.filter((one) => one === 'ReEncrypt')).toHaveLength(1)
})

it('names sellers whose keys are of before there were roots, until they are rotated', async () => {
  const wrapDirectly = (root: number | null, alias: string | null) =>
    fresh.asSuperuser((sql) =>
      sql`update seller_keys set root = ${root}, kms_alias = ${alias}
        where seller_id = ${asha.sellerId} and purpose = 'hash'`
    )
  await wrapDirectly(null, 'alias/robnu/default')
  expect((await run('status', '--json')).json()).toMatchObject({ before_roots: [asha.sellerId] })
  expect((await run('status')).out).toMatch(new RegExp(`"rotate" them:\n +${asha.sellerId}\n$`))
  expect((await run('status', bharat.sellerId)).out).not.toContain('"rotate" them')
  await wrapDirectly(1, null)
  expect((await run('status', '--json')).json()).toMatchObject({ before_roots: [] })
})

it('is told when it is called in a wrong way', async () => {
  for (
    const [args, message] of [
      [['rotate'], /^Name the id of a seller, or say --all/],
      [['rotate', asha.sellerId, '--all'], /^Name a seller, or say --all: not both/],
      [['rotate', asha.sellerId], /^Say why: --reason/],
      [['rotate', asha.sellerId, '--one-in', '3', ...why], /^--one-in is for "verify"/],
      [['list', asha.sellerId, '--dry-run'], /^"keys list" changes nothing/],
      [['rotat', asha.sellerId], /Did you mean "rotate"/],
    ] as const
  ) {
    const { code, err } = await run(...args)
    expect(code, args.join(' ')).toBe(2)
    expect(err).toMatch(message)
  }
})
