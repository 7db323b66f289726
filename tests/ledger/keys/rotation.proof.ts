/**
 * Rotations of a seller's keys by processes that are killed, beside processes that write and read: nothing
 * is unreadable at any time, nothing is left under an old key, and another seller is not touched.
 */
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFor } from '#core/testing/sandbox/random.ts'
import {
  bytesOf,
  endRest,
  type KeyHouse,
  openAll,
  openKeyHouse,
  runWalks,
  versionsOf,
} from './house.ts'
import type { Done, Party } from './party-process.ts'
import { processKms } from './process-kms.ts'

const number = (name: string, short: number): number => Number(process.env[name] || short)
const orders = number('ROBNU_ROTATED_ORDERS', 3_000)
const rotations = number('ROBNU_ROTATIONS', 6)
const kills = number('ROBNU_KILLS', 60)
const seed = number('ROBNU_SEED', randomInt(2 ** 31))
const reason = 'The proof of rotations'

const master = randomBytes(32)
let house: KeyHouse
beforeAll(async () => {
  house = await openKeyHouse(orders, {
    kms: processKms(master),
    ledgerHasMore: 'another process: those that rotate and read are processes of their own',
  })
  const keys = await house.deps.keyring.forSeller(house.one.entry, { willSeal: orders })
  // the number in clear is what the name is held against
  await house.fresh.asSuperuser(async (admin) => {
    const rows = await admin<{ id: string }[]>`
      select id from orders where seller_id = ${house.one.sellerId}`
    for (const { id } of rows) {
      const name = keys.seal('orders', 'customer_name_enc', id, 'Buyer 0')
      await admin`
        update orders set raw_status = '0', customer_name_enc = ${Buffer.from(name)}
        where seller_id = ${house.one.sellerId} and id = ${id}`
    }
  })
}, 300_000)
afterAll(() => house?.close())

const startParty = (role: Party['role']) => {
  const { app, platform } = house.fresh.urls
  const party: Party = {
    ...{ role, urls: { app, platform }, master: master.toString('hex'), entry: house.one.entry },
  }
  const file = fileURLToPath(new URL('./party-process.ts', import.meta.url))
  const child = spawn(process.execPath, [...'Deno' in globalThis ? ['run', '-A'] : [], file], {
    env: { ...process.env, ROBNU_PARTY: JSON.stringify(party) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let told = ''
  child.stdout.on('data', (text) => told += text)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    role,
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
    stop: async (): Promise<Done> => {
      child.stdin.write('end\n')
      await gone
      return JSON.parse(told)
    },
  }
}

test('is readable throughout, and leaves nothing behind, though everybody is killed', async () => {
  const random = randomFor(seed, 'kills')
  const before = await bytesOf(house, house.two)
  const roles = ['rotate', 'rotate', 'write', 'write', 'read', 'read'] as const
  const parties = roles.map(startParty)
  const figures = { seed, orders, rotations: 0, kills: 0, passes: 0, resealed: 0 }
  const began = performance.now()
  let restingSince: number | undefined
  await house.walks.rotate(house.one.entry, { reason })
  while (figures.rotations < rotations || figures.kills < kills) {
    await sleep(random.int(100, 700))
    const at = random.int(0, roles.length - 1)
    if (figures.kills < kills) {
      await parties[at]?.kill()
      figures.kills += 1
      const role = roles[at]
      if (role) parties[at] = startParty(role)
    }
    const [now] = await house.walks.rotations(house.one.entry, 1)
    // what the clock is moved by here is what processes need to hear of a new key, and to end with the old
    if (now?.state !== 'RESTING') restingSince = undefined
    else if (performance.now() - (restingSince ??= performance.now()) > 2_500) {
      await endRest(house, house.one)
      await house.fresh.asSuperuser((admin) =>
        admin`
          update work_items set not_before = now()
          where seller_id = ${house.one.sellerId} and lane = 'job:rotate-keys' and state = 'WAITING'`
      )
    }
    if (now?.state === 'FAILED') throw new Error(`The rotation failed: ${now.failure}`)
    if (now?.state === 'DONE') {
      figures.rotations += 1
      figures.passes += now.passes
      figures.resealed += now.resealed
      const isLast = figures.rotations >= rotations && figures.kills >= kills
      if (!isLast) await house.walks.rotate(house.one.entry, { reason })
    }
    if (performance.now() - began > 900_000) throw new Error('It does not come to an end')
  }
  const ends = await Promise.all(parties.map((party) => party.stop()))
  const [last] = await house.walks.rotations(house.one.entry, 1)
  const of = (role: Party['role']) => ends.filter((end) => end.role === role)
  const most = (role: Party['role']) =>
    Math.round(Math.max(...of(role).map((end) => end.longestMs)))
  const told = {
    ...figures,
    seconds: Math.round((performance.now() - began) / 1_000),
    // of those that were not killed
    reads: of('read').reduce((sum, { turns }) => sum + turns, 0),
    writes: of('write').reduce((sum, { turns }) => sum + turns, 0),
    longestReadMs: most('read'),
    longestWriteMs: most('write'),
  }
  expect(ends.map(({ unreadable, blocked }) => ({ unreadable, blocked })))
    .toEqual(ends.map(() => ({ unreadable: 0, blocked: 0 })))
  expect(told.reads).toBeGreaterThan(0)
  expect(told.writes).toBeGreaterThan(0)

  expect(Object.keys(await versionsOf(house, house.one))).toEqual([String(last?.to_version)])
  house.deps.keyring.renew(house.one.sellerId)
  const keys = await house.deps.keyring.forSeller(house.one.entry)
  const open = await openAll(house, house.one, keys)
  const clear = await house.fresh.asSuperuser((admin) =>
    admin<{ id: string; raw_status: string }[]>`
      select id, raw_status from orders where seller_id = ${house.one.sellerId}`
  )
  for (const { id, raw_status } of clear) {
    expect(open.get(`orders ${id} customer_name_enc`)).toBe(`Buyer ${raw_status}`)
  }
  expect(clear).toHaveLength(orders)
  expect(await bytesOf(house, house.two)).toBe(before)
  // once more, with nobody else there: both passes, by one worker
  await house.walks.rotate(house.one.entry, { reason })
  const alone = performance.now()
  await runWalks(house, house.one)
  const perSecond = Math.round(open.size / (performance.now() - alone) * 1_000)
  const found = { values: open.size, unreadable: 0, leftOnOldVersions: 0, perSecond }
  process.stdout.write(`Rotated: ${JSON.stringify({ ...told, ...found })}\n`)
}, 1_000_000)
