/** Label jobs that fail, are forgotten, run for ever or whose addresses are over: a gateway by hand. */
import type { Batch, Context, StepResult } from 'robnu/plugin'
import { failure, failureOf } from 'robnu/plugin'
import type { FakeAnswer, FakeRequest } from 'robnu/testing'
import { expect, test } from 'vitest'
import { fullProcessing } from '../processing.ts'
import { anOrder, answering, connection, refusal, start } from './support.ts'

const numbers = (count: number) =>
  Array.from({ length: count }, (_, at) => `18400000000000${String(at).padStart(4, '0')}_1`)

const subOrder = (no: string) =>
  anOrder({
    ...{ sub_order_no: no, status: 'READY_TO_SHIP', packet_id: `PK${no}`, awb: `AW${no}` },
    courier: 'Valmo',
  })

interface Job {
  readonly numbers: readonly string[]
  readonly number: number
}
/** Every sub-order is accepted and has its parcel; `jobOf` tells what becomes of a job. */
const world = (jobOf: (job: Job) => object | null) => {
  let now = start.getTime()
  const jobs: Job[] = []
  const respond = ({ url, body, method }: FakeRequest): FakeAnswer => {
    const asked = url.searchParams.get('sub_order_nos')?.split(',') ?? []
    if (url.pathname === '/v2/orders') return { body: { data: asked.map(subOrder) } }
    if (url.pathname === '/v2/shipments/labels') {
      const job = { numbers: JSON.parse(body ?? '').sub_order_nos, number: jobs.length + 1 }
      jobs.push(job)
      return { status: 202, body: { job_id: `J${job.number}` } }
    }
    if (method === 'GET' && url.pathname.startsWith('/v2/jobs/')) {
      const id = url.pathname.slice('/v2/jobs/'.length)
      const job = jobs[Number(id.slice(1)) - 1]
      const told = job && jobOf(job)
      return told
        ? { body: { job_id: id, url: null, expires_at: null, labels: [], failed: [], ...told } }
        : refusal(404, 'NOT_FOUND')
    }
    return refusal(500, 'INTERNAL')
  }
  const dead = new Set<string>()
  const download: Context['download'] = (url) => {
    const told = { code: 'expired' }
    if (dead.has(url)) return Promise.reject(failure('rejected', 'It is over', told))
    const file = { sha256: '0'.repeat(64), byteSize: 1, mime: 'application/pdf' }
    return Promise.resolve({ ...file, storageKey: url })
  }
  const ctx = { ...answering(respond, () => new Date(now)), download }
  return { ctx, jobs, dead, pass: (ms: number) => void (now += ms), now: () => now }
}
type World = ReturnType<typeof world>

const doneJob = ({ now }: Pick<World, 'now'>, { numbers, number }: Job, more: object = {}) => ({
  status: 'DONE',
  expires_at: new Date(now() + 900_000).toISOString(),
  labels: numbers.map((no) => ({
    sub_order_no: no,
    url: `https://meesho-files.robnu.com/${number}/${no}`,
  })),
  ...more,
})

const batchOf = (all: readonly string[]): Batch => ({
  id: 'batch-1',
  orders: all.map((no) => ({
    ...{ id: `id-${no}`, externalId: no, status: 'NEW', onHold: false },
    ...{ postalCode: null, stateCode: null },
    lines: [{
      ...{ externalId: no, sku: 'S', listingId: null, title: null, quantity: 1 },
      ...{ confirmedQuantity: 1, totalPaise: null, hsn: null, gstRateBp: null },
    }],
  })),
  ...{ closure: 'MANUAL', closeManifests: [], openManifests: [], done: [] },
})

/** Up to the end of labels; so many calls of the host, a minute between them. */
const drain = async ({ ctx, pass }: World, all: readonly string[], calls = 1, waitMs = 60_000) => {
  const recorded = new Map<string, StepResult>()
  for (let call = 0; call < calls; call++) {
    try {
      const batch = { ...batchOf(all), done: [...recorded.values()] }
      for await (const result of fullProcessing(connection(), batch, ctx)) {
        const key = `${result.step} ${result.order}`
        const { output = recorded.get(key)?.output } = result
        recorded.set(key, structuredClone({ ...result, output }))
      }
      break
    } catch (error) {
      expect(failureOf(error)).toMatchObject({ kind: 'unavailable', code: 'not-ready' })
      pass(waitMs)
    }
  }
  return (no: string) => {
    const found = recorded.get(`label id-${no}`)
    return found ? [found.outcome, found.code].filter((one) => one !== undefined).join(' ') : 'open'
  }
}

test('labels are asked for in fifties, and each job is asked for once while it runs', async () => {
  const all = numbers(120)
  let calls = 0
  const here: World = world((job) => ++calls > 6 ? doneJob(here, job) : { status: 'RUNNING' })
  const outcomeOf = await drain(here, all, 5)
  expect(here.jobs.map((job) => job.numbers.length)).toEqual([50, 50, 20])
  expect(new Set(all.map(outcomeOf))).toEqual(new Set(['done']))
})

test('what a job says of one parcel holds that one, and the others get their labels', async () => {
  const all = numbers(5)
  const [cancelled = '', unknown = '', odd = '', ...fine] = all
  const failed = [
    { sub_order_no: cancelled, code: 'CANCELLED' },
    { sub_order_no: unknown, code: 'NOT_FOUND' },
    { sub_order_no: odd, code: 'COURIER_STRIKE' },
  ]
  const here: World = world((job) => doneJob(here, { ...job, numbers: fine }, { failed }))
  const outcomeOf = await drain(here, all)
  expect(all.map(outcomeOf)).toEqual([
    ...['held cancelled', 'held not-found', 'held courier-strike', 'done', 'done'],
  ])
  expect(here.jobs).toHaveLength(1)
})

test('a job that fails for no reason is asked for anew, three times and no more', async () => {
  const [no = ''] = numbers(1)
  const once: World = world((job) => job.number === 1 ? { status: 'FAILED' } : doneJob(once, job))
  expect((await drain(once, [no], 5))(no)).toBe('done')
  expect(once.jobs).toHaveLength(2)
  const always = world(() => ({ status: 'FAILED' }))
  expect((await drain(always, [no], 10))(no)).toBe('held label-not-made')
  expect(always.jobs).toHaveLength(3)
})

test('a job that Meesho has forgotten is asked for anew', async () => {
  const [no = ''] = numbers(1)
  const here: World = world((job) => job.number === 1 ? null : doneJob(here, job))
  expect((await drain(here, [no], 3))(no)).toBe('done')
  expect(here.jobs).toHaveLength(2)
})

test('addresses that are over are asked for anew, by the clock or by the answer', async () => {
  const [no = ''] = numbers(1)
  const late: World = world((job) =>
    doneJob(late, job, job.number === 1 ? { expires_at: start.toISOString() } : {})
  )
  expect((await drain(late, [no], 3))(no)).toBe('done')
  expect(late.jobs).toHaveLength(2)
  const gone: World = world((job) => doneJob(gone, job))
  gone.dead.add(`https://meesho-files.robnu.com/1/${no}`)
  expect((await drain(gone, [no], 3))(no)).toBe('done')
  expect(gone.jobs).toHaveLength(2)
})

test('a job that runs for more than six hours holds its orders', async () => {
  const [no = ''] = numbers(1)
  const here = world(() => ({ status: 'RUNNING' }))
  expect((await drain(here, [no], 10, 3_600_000))(no)).toBe('held label-not-made')
  expect(here.jobs).toHaveLength(1)
})

test('a label of another sub-order is not taken for that of this one', async () => {
  const [no = ''] = numbers(1)
  const here: World = world((job) => doneJob(here, { ...job, numbers: ['999_1'] }))
  expect((await drain(here, [no], 10))(no)).toBe('held label-not-made')
})
