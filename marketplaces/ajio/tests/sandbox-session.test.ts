import { expect, test } from 'vitest'
import { z } from 'zod'
import { booksOf, type Credentials, startWorld } from './sandbox-world.ts'

const Renewed = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  session_context: z.string(),
  user_context: z.string(),
  expires_in: z.number(),
})
const codeOf = (json: unknown) => z.object({ code: z.string() }).parse(json).code

test('a token lives for half an hour, and proves whose it is', async () => {
  const world = await startWorld()
  const own = world.credentials(0)
  const gateway = world.with(0, own)
  const { status, json } = await gateway.get('/session')
  expect([status, json]).toMatchObject([200, {
    pobId: 'DV100001',
    storeCode: 'S101',
    model: 'DROPSHIP_VMS',
    returnModel: 'CREDIT_NOTE',
  }])
  await world.wait(29)
  expect((await gateway.get('/session')).status).toBe(200)
  await world.wait(1)
  expect(gateway.outcome(await gateway.get('/session'))).toBe('401 TOKEN_EXPIRED')
  const forged = { ...own, access_token: own.access_token.replace('DV100001', 'DV100002') }
  const other = world.with(1, forged)
  expect(other.outcome(await other.get('/session'))).toBe('401 TOKEN_INVALID')
})

test('a token opens its own POB and store, and no other', async () => {
  const world = await startWorld()
  const own = world.credentials(0)
  const elsewhere = world.with(1, own)
  expect(elsewhere.outcome(await elsewhere.get('/orders'))).toBe('403 POB_MISMATCH')
  const otherPob = world.with(0, own, 'DV100002')
  expect(otherPob.outcome(await otherPob.get('/orders'))).toBe('403 POB_MISMATCH')
  const otherStore = world.with(1, own, 'DV100001')
  expect(otherStore.outcome(await otherStore.get('/orders'))).toBe('403 POB_MISMATCH')
})

test('a refresh kills the pair before at once', async () => {
  const world = await startWorld()
  const old = world.credentials(0)
  const renewed = Renewed.parse((await world.refresh(old)).json)
  expect(renewed.expires_in).toBe(1800)
  const before = world.with(0, old)
  expect(before.outcome(await before.get('/session'))).toBe('401 TOKEN_INVALID')
  expect((await world.with(0, renewed).get('/session')).status).toBe(200)
  const next = Renewed.parse((await world.refresh(renewed)).json)
  expect((await world.with(0, next).get('/session')).status).toBe(200)
  expect((await booksOf(world, 'DV100001')).done['refresh']).toBe(2)
})

test('a pair that is used twice ends the session, until the seller connects anew', async () => {
  const world = await startWorld()
  const old = world.credentials(0)
  const living = Renewed.parse((await world.refresh(old)).json)
  const again = await world.refresh(old)
  expect([again.status, codeOf(again.json)]).toEqual([401, 'SESSION_DEAD'])
  const gateway = world.with(0, living)
  expect(gateway.outcome(await gateway.get('/session'))).toBe('401 TOKEN_INVALID')
  expect((await world.refresh(living)).status).toBe(401)
  // nobody else is hurt
  expect((await world.with(1, world.credentials(1)).get('/session')).status).toBe(200)

  const { credentials } = await world.control('connect', { pob: 'DV100001' })
  const fresh = credentials as Credentials
  expect((await world.with(0, fresh).get('/session')).status).toBe(200)
  expect((await world.refresh(living)).status).toBe(401)
  expect((await world.refresh(fresh)).status).toBe(200)
})

test('two refreshes at once: one gets a pair, and it is dead on arrival', async () => {
  const world = await startWorld()
  const own = world.credentials(0)
  const answers = await Promise.all([world.refresh(own), world.refresh(own)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  const winner = Renewed.parse(answers.find(({ status }) => status === 200)?.json)
  expect((await world.refresh(winner)).status).toBe(401)
})

test('a pair is two halves: without its session context a refresh token is nothing', async () => {
  const world = await startWorld()
  const [own, other] = [world.credentials(0), world.credentials(1)]
  const mixed = await world.refresh({ ...own, session_context: other.session_context })
  expect([mixed.status, codeOf(mixed.json)]).toEqual([401, 'SESSION_DEAD'])
  expect((await world.refresh({ ...own, refresh_token: 'invented' })).status).toBe(401)
  expect((await world.refresh(own)).status).toBe(200)
})

test('a lost answer to a refresh is a lost session', async () => {
  const world = await startWorld()
  const own = world.credentials(0)
  await world.control('failNext', { operation: 'refresh', kind: 'timeout-after-commit' })
  await expect(world.refresh(own)).rejects.toThrow()
  const gateway = world.with(0, own)
  expect(gateway.outcome(await gateway.get('/session'))).toBe('401 TOKEN_INVALID')
  expect(codeOf((await world.refresh(own)).json)).toBe('SESSION_DEAD')
})

test('a token, or a session, is withdrawn now or in the middle of a walk', async () => {
  const world = await startWorld()
  const own = world.credentials(0)
  const gateway = world.with(0, own)
  await world.control('revokeToken', { pob: 'DV100001' })
  expect(gateway.outcome(await gateway.get('/orders'))).toBe('401 TOKEN_INVALID')
  const renewed = Renewed.parse((await world.refresh(own)).json)
  await world.control('revokeToken', { pob: 'DV100001', kind: 'session', after: 2 })
  const walking = world.with(0, renewed)
  const statuses: number[] = []
  for (const page of [0, 1, 2, 3]) statuses.push((await walking.get(`/orders?page=${page}`)).status)
  expect(statuses).toEqual([200, 200, 401, 401])
  expect(codeOf((await world.refresh(renewed)).json)).toBe('SESSION_DEAD')
})
