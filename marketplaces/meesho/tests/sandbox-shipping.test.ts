import { expect, test } from 'vitest'
import { z } from 'zod'
import { codeOf, Job, Manifest, Page, startWorld, SubOrder, type World } from './sandbox-world.ts'

const accepted = { accepted: true }
const manifested = async (world: World, at: number, courier: string, numbers: readonly string[]) =>
  await world.as(at).ask('POST', '/v2/manifests', { courier, sub_order_nos: numbers })

/** Labelled sub-orders by their courier. */
const labelled = async (world: World, count: number): Promise<Map<string, SubOrder[]>> => {
  const gateway = world.as(0)
  const numbers = await gateway.place({ ...accepted, count })
  await gateway.label(numbers)
  const orders = await Promise.all(numbers.map((no) => gateway.find(no)))
  return Map.groupBy(orders, ({ courier }) => courier ?? '')
}

test('labels are made by a job, one parcel for each sub-order, whoever asks how often', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [ready = '', second = ''] = await gateway.place({ ...accepted, count: 2 })
  const [fresh = '', gone = ''] = await gateway.place({ count: 2 })
  const [unsure = ''] = await gateway.place({ verified: false })
  await world.control('cancelAs', { orderId: gone, by: 'seller' })
  const set = [ready, second, fresh, gone, unsure, '18000_1']
  const ask = async (numbers: readonly string[]) => {
    const answer = await gateway.ask('POST', '/v2/shipments/labels', { sub_order_nos: numbers })
    expect(answer.status).toBe(202)
    return z.object({ job_id: z.string() }).parse(answer.json).job_id
  }
  const jobOf = async (id: string) => Job.parse((await gateway.ask('GET', `/v2/jobs/${id}`)).json)
  const id = await ask(set)
  expect(await jobOf(id)).toMatchObject({ status: 'RUNNING', url: null, labels: [] })
  // an answer that was lost: the same set is the same job
  expect(await ask(set.toReversed())).toBe(id)
  expect(await ask([ready])).not.toBe(id)
  await world.wait(2)
  const job = await jobOf(id)
  expect(job.status).toBe('DONE')
  expect(job.labels.map(({ sub_order_no: no }) => no)).toEqual([ready, second])
  expect(job.failed).toEqual([
    { sub_order_no: fresh, code: 'NOT_ACCEPTED' },
    { sub_order_no: gone, code: 'CANCELLED' },
    { sub_order_no: unsure, code: 'UNVERIFIED' },
    { sub_order_no: '18000_1', code: 'NOT_FOUND' },
  ])
  expect(await ask(set)).toBe(id)
  const { packet_id: packet, awb } = await gateway.find(ready)
  expect((await world.ledger()).parcels[ready]).toBe(1)

  const whole = await world.fetchFile(job.url ?? '')
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  expect(whole.text).toContain(`Sub Order No. ${ready}`)
  expect(whole.text).toContain(`Sub Order No. ${second}`)
  const one = await world.fetchFile(job.labels[0]?.url ?? '')
  for (const words of [`AWB ${awb}`, 'Return Code', 'Purchase Order No.', 'Invoice No.']) {
    expect(one.text).toContain(words)
  }
  expect(one.text).toContain('SKU   Size   Qty   Color   Order No.')
  expect(one.text).toMatch(/Order Date \d\d\.\d\d\.\d{4}/)
  expect(one.text).toMatch(/Prepaid|COD/)
  expect(one.text).not.toContain(second)

  await world.wait(16)
  const over = await world.fetchFile(job.url ?? '')
  expect([over.status, codeOf(over)]).toEqual([410, 'EXPIRED'])
  const strange = (job.url ?? '').replace('SUP100001', 'SUP100002')
  expect((await world.fetchFile(strange)).status).toBe(404)
  // printed again, as it was
  const again = await gateway.label(set)
  expect(again.labels[0]).toMatchObject({ packet_id: packet })
  expect((await world.fetchFile(again.labels[0]?.url ?? '')).text).toBe(one.text)
  await world.wait(3 * 24 * 60)
  expect((await gateway.ask('GET', `/v2/jobs/${id}`)).status).toBe(404)
})

test('now and then the couriers do not answer, and the whole job fails', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const numbers = await gateway.place({ ...accepted, count: 60 })
  const ids: string[] = []
  for (const no of numbers) {
    const asked = await gateway.ask('POST', '/v2/shipments/labels', { sub_order_nos: [no] })
    ids.push(z.object({ job_id: z.string() }).parse(asked.json).job_id)
  }
  await world.wait(2)
  const failed: string[] = []
  for (const [at, id] of ids.entries()) {
    const job = Job.parse((await gateway.ask('GET', `/v2/jobs/${id}`)).json)
    if (job.status === 'FAILED' && job.failed.length === 0) failed.push(numbers[at] ?? '')
  }
  expect(failed.length).toBeGreaterThan(0)
  expect(failed.length).toBeLessThan(8)
  expect((await gateway.find(failed[0] ?? '')).packet_id).toBeNull()
  // asked anew, it is made
  for (let n = 0; n < 3; n++) await gateway.label([failed[0] ?? ''])
  expect((await gateway.find(failed[0] ?? '')).packet_id).not.toBeNull()
})

test('a manifest holds one courier’s parcels, says what it left out, and is picked up', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const couriers = await labelled(world, 24)
  const [[courier = '', mine = []] = [], [, others = []] = []] = [...couriers]
  const numbers = mine.map(({ sub_order_no: no }) => no)
  const [other] = others
  const [plain = ''] = await gateway.place(accepted)
  const gone = numbers.pop() ?? ''
  await world.control('cancelAs', { orderId: gone, by: 'buyer' })
  expect((await world.ledger()).parcels[gone]).toBe(0)
  const answer = await manifested(world, 0, courier, [
    ...[...numbers, other?.sub_order_no ?? '', plain, gone, '18000_1'],
  ])
  expect(answer.status).toBe(201)
  const manifest = Manifest.parse(answer.json)
  expect(manifest.parcels.map(({ sub_order_no: no }) => no)).toEqual(numbers)
  expect(manifest.excluded.map(({ code }) => code)).toEqual([
    ...['OTHER_COURIER', 'NOT_READY', 'CANCELLED', 'NOT_FOUND'],
  ])
  const paper = await world.fetchFile(manifest.url)
  for (const no of numbers) expect(paper.text).toContain(no)
  expect(paper.text).toContain('S. No.   Sub Order No.   AWB   SKU   Qty   Size   Packed')
  // an answer that was lost: there is no second one
  const twice = await manifested(world, 0, courier, numbers)
  expect([twice.status, codeOf(twice)]).toEqual([422, 'EMPTY'])
  const { excluded } = twice.json as { excluded: { code: string; manifest_id: string }[] }
  expect(new Set(excluded.map(({ code, manifest_id: id }) => `${code} ${id}`))).toEqual(
    new Set([`ALREADY_MANIFESTED ${manifest.manifest_id}`]),
  )
  const read = await gateway.ask('GET', `/v2/manifests/${manifest.manifest_id}`)
  expect(read.json).toMatchObject({ courier, date: '2026-08-14', parcels: manifest.parcels })
  const [late = ''] = numbers
  await world.control('cancelAs', { orderId: late, by: 'buyer' })
  await world.wait(40 * 60)
  const states = await Promise.all(numbers.map(async (no) => (await gateway.find(no)).status))
  expect(states[0]).toBe('CANCELLED')
  expect(states.slice(1).every((status) => status !== 'READY_TO_SHIP')).toBe(true)
})

test('an RTO goes through all of its words, and its return with it', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const numbers = await gateway.place({ count: 12, fate: 'rto' })
  for (const no of numbers) await world.control('shipped', { orderId: no })
  const words = new Map(numbers.map((no) => [no, new Set<string>()]))
  for (let hours = 0; hours < 24 * 16; hours += 4) {
    await world.wait(240)
    const path = `/v2/orders?sub_order_nos=${numbers.join(',')}`
    const { data } = Page.parse((await gateway.ask('GET', path)).json)
    for (const row of data) {
      words.get(String(row['sub_order_no']))?.add(String(row['status']))
    }
  }
  const chain = [
    ...['SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_INITIATED', 'RTO_LOCKED', 'RTO_OFD'],
    ...['RTO_DELIVERY_FAILED', 'RTO_COMPLETE'],
  ]
  const places = [...words.values()].map((all) => [...all].map((word) => chain.indexOf(word)))
  expect(places).toEqual(places.map((list) => list.toSorted((a, b) => a - b)))
  expect(new Set(places.flat())).toEqual(new Set(chain.keys()))
  const { orders, returns } = await world.ledger()
  const mine = returns.filter(({ orderId }) => numbers.includes(orderId))
  expect(mine.map(({ kind, state }) => `${kind} ${state}`)).toEqual(
    numbers.map(() => 'RTO DELIVERED'),
  )
  const state = (no: string) => orders.find(({ id }) => id === no)?.state
  expect(numbers.map(state)).toEqual(numbers.map(() => 'RTO_RECEIVED'))
  const { data } = Page.parse((await gateway.ask('GET', '/v2/returns?limit=100')).json)
  expect(data.some((row) => Number(row['attempt']) > 0)).toBe(true)
})

test('an exchange is a new sub-order, not verified before the first is picked up', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await gateway.place()
  await world.control('delivered', { orderId: no })
  const { returnId, exchange } = await world.control('createReturn', {
    ...{ orderId: no, type: 'Exchange' },
  })
  expect(exchange).toBe(no.replace('_1', '_2'))
  const second = () => gateway.find(String(exchange))
  expect(await second()).toMatchObject({
    ...{ verified: false, status: 'PENDING', exchange_of: no, order_no: no.split('_')[0] },
  })
  expect((await world.ledger()).orders.find(({ id }) => id === exchange)?.onHold).toBe(true)
  await world.control('returnEvent', { returnId, status: 'PICKED_UP' })
  expect((await gateway.find(no)).status).toBe('DOOR_STEP_EXCHANGED')
  expect(await second()).toMatchObject({ verified: true, status: 'PENDING' })
  await world.control('delivered', { orderId: exchange })
  const { orders, returns } = await world.ledger()
  expect(orders.filter(({ id }) => id.startsWith(no.slice(0, -2))).map(({ state }) => state))
    .toEqual(['DELIVERED', 'DELIVERED'])
  expect(returns.find(({ id }) => id === returnId)).toMatchObject({
    ...{ kind: 'EXCHANGE', state: 'PICKED_UP', orderId: no },
  })
  await expect(world.control('createReturn', { orderId: no })).rejects.toThrow('cannot come back')
})
