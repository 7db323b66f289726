import { paiseOf } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Books, booksOf, type Gateway, Page, startWorld, type World } from './sandbox-world.ts'

const amount = z.union([z.string(), z.number()]).transform((value) => {
  // a number is told only where its text has no other digits than the paise
  const paise = paiseOf(String(value))
  if (paise === undefined) throw new Error(`"${value}" is no amount`)
  return paise
})
const Settlement = z.object({
  clearingDocNo: z.string(),
  clearingDate: z.string().nullable(),
  expectedSettlementDate: z.iso.date(),
  status: z.enum(['EXPECTED', 'RELEASED', 'CLEARED']),
  totalValue: amount,
  lines: z.array(z.object({
    internalDocNo: z.string(),
    journeyType: z.string(),
    custOrderNo: z.string(),
    grossValue: amount,
    commission: amount,
    logistics: amount,
    feeGst: amount,
    tcs: amount,
    tds: amount,
    penalty: amount,
    penaltyReason: z.string().nullable(),
    netValue: amount,
  })),
})
const settlementsOf = async (gateway: Gateway) => {
  const page = Page.parse((await gateway.get('/settlements?size=100')).json)
  return page.content.map((one) => Settlement.parse(one))
}
const returnOf = async (gateway: Gateway, no: string) => {
  const page = Page.parse((await gateway.get('/returns?size=100')).json)
  const last = Math.max(0, page.totalPages - 1)
  const end = Page.parse((await gateway.get(`/returns?size=100&page=${last}`)).json)
  return [...page.content, ...end.content].findLast(({ returnOrderNo }) => returnOrderNo === no)
}
const day = 24 * 60

const delivered = async (world: World, quantity = 2): Promise<string> => {
  const [no = ''] = await world.newOrders({
    lines: [{ sku: 'KURTA-RED-M', quantity }],
    fate: 'delivered',
  })
  await world.control('advance', { orderId: no, to: 'Delivered' })
  return no
}

test('settlement rows add up to the deposit, to the paisa, for every POB', async () => {
  const world = await startWorld()
  for (const at of [0, 1, 2]) {
    const gateway = world.as(at)
    const books = await booksOf(world, gateway.pob)
    const told = await settlementsOf(gateway)
    expect(told.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['CLEARED', 'EXPECTED']),
    )
    expect(told.length).toBe(books.settlements.length)
    for (const one of told) {
      const own = books.settlements.find(({ clearingDocNo }) => clearingDocNo === one.clearingDocNo)
      expect(one.totalValue).toBe(own?.totalPaise)
      expect(one.lines.reduce((sum, { netValue }) => sum + netValue, 0)).toBe(one.totalValue)
      for (const line of one.lines) {
        const { grossValue, commission, logistics, feeGst, tcs, tds, penalty } = line
        const sum = grossValue + commission + logistics + feeGst + tcs + tds + penalty
        expect(sum, line.internalDocNo).toBe(line.netValue)
        expect(feeGst).toBe(Math.round((commission + logistics) * 18 / 100))
        expect(tds).toBe(-Math.sign(grossValue) * Math.round(Math.abs(grossValue) / 1000) + 0)
      }
      const isExpected = one.clearingDocNo === `EXP-${one.expectedSettlementDate}`
      expect(isExpected).toBe(one.status === 'EXPECTED')
      if (one.status === 'CLEARED') expect(one.clearingDate).toBe(one.expectedSettlementDate)
    }
  }
})

test('every parcel that left is paid once, and every credit note is taken back once', async () => {
  const world = await startWorld()
  // past the last delivery, return, credit note and cycle
  await world.wait(120 * day)
  for (const { externalAccountId: pob } of world.sandbox.accounts) {
    const books = await booksOf(world, pob)
    const lines = books.settlements.flatMap((one) => one.lines)
    expect(new Set(lines.map((one) => one.internalDocNo)).size).toBe(lines.length)
    const left = books.orders.filter((one) => one.lines.some(({ shippedQty }) => shippedQty > 0))
    expect(numbersOf(lines, 'FORWARD')).toEqual(left.map(({ no }) => no).sort())
    const credited = books.orders.flatMap(({ no, returns }) =>
      returns.filter(({ creditNotePaise }) => creditNotePaise !== null).map(() => no)
    )
    expect(numbersOf(lines, 'RETURN')).toEqual(credited.sort())
    expect(grossOf(lines)).toBe(worthOf(books))
    expect(
      books.orders.filter(({ status }) => !['Shipped', 'Delivered', 'Cancelled'].includes(status)),
    )
      .toEqual([])
    for (const { lines, packages } of books.orders) {
      expect(packages).toBeLessThanOrEqual(1)
      for (const one of lines) {
        expect(one.shippedQty + one.cancelledQty).toBe(one.orderQty)
        expect(one.returnedQty).toBeLessThanOrEqual(one.shippedQty)
      }
    }
  }
})
type Lines = Books['settlements'][number]['lines']
const numbersOf = (lines: Lines, journey: string): string[] =>
  lines.filter(({ journeyType }) => journeyType === journey).map((one) => one.custOrderNo).sort()
const grossOf = (lines: Lines): number => lines.reduce((sum, one) => sum + one.grossPaise, 0)
/** What the settled orders were worth, less what came back. */
const worthOf = ({ orders, settlements }: Books): number => {
  const forward = settlements.flatMap(({ lines }) => lines)
    .filter(({ journeyType }) => journeyType === 'FORWARD')
  const credits = orders.flatMap(({ returns }) => returns)
    .reduce((sum, { creditNotePaise }) => sum + (creditNotePaise ?? 0), 0)
  return grossOf(forward) - credits
}

test('a credit note comes weeks after the return, and the commission with it', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const no = await delivered(world)
  const { returnOrderNo } = await world.control('createReturn', { orderId: no })
  const number = String(returnOrderNo)
  const processed = async () =>
    gateway.outcome(
      await gateway.send('POST', `/returns/${number}/processed`, { disposition: 'GOOD' }),
    )
  expect(await processed()).toBe('409 NOT_DELIVERED')
  await world.control('returnEvent', { returnOrderNo, threePlStatus: 'In Transit' })
  expect(await returnOf(gateway, number)).toMatchObject({
    returnType: 'CUSTOMER',
    status: 'RETURN_CREATED',
    threePlStatus: 'In Transit',
    custOrderNo: no,
  })
  await world.control('returnEvent', { returnOrderNo, status: 'RETURN_DELIVERED' })
  expect(await processed()).toBe('ok')
  // done twice: the same
  expect(await processed()).toBe('ok')
  expect(await returnOf(gateway, number)).toMatchObject({
    status: 'RETURN_PROCESSED',
    disposition: 'GOOD',
  })
  await world.wait(13 * day)
  expect((await returnOf(gateway, number))?.['status']).toBe('RETURN_PROCESSED')
  await world.wait(16 * day)
  const credited = await returnOf(gateway, number)
  expect(credited).toMatchObject({ status: 'CREDIT_NOTE_CREATED' })
  const order = (await booksOf(world, gateway.pob)).orders.find((one) => one.no === no)
  expect(amount.parse(credited?.['creditNoteValue'])).toBe(order?.totalPaise)
  await world.control('closeSettlement', { pob: gateway.pob })
  const lines = (await settlementsOf(gateway)).flatMap((one) => one.lines)
    .filter(({ custOrderNo, journeyType }) => custOrderNo === no && journeyType === 'RETURN')
  expect(lines).toMatchObject([{ grossValue: -(order?.totalPaise ?? 0) }])
  expect(lines[0]?.commission).toBeGreaterThan(0)
})

test('an RTO keeps its AWB, comes back as a return, and the order stays shipped', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = '', lost = ''] = await world.newOrders({ count: 2 })
  await world.control('advance', { orderId: no, to: 'RTO Initiated' })
  await world.control('advance', { orderId: lost, to: 'Lost' })
  const order = await gateway.order(no)
  expect([order.status, order.shipments[0]?.status]).toEqual(['Shipped', 'RTO Initiated'])
  const [back] = (await booksOf(world, gateway.pob)).orders.find((one) => one.no === no)?.returns ??
    []
  expect(await returnOf(gateway, back?.no ?? '')).toMatchObject({
    returnType: 'RTO',
    returnAwb: order.shipments[0]?.awb,
  })
  await world.wait(10 * day)
  expect((await gateway.order(no)).shipments[0]?.status).toBe('RTO Delivered')
  expect((await returnOf(gateway, back?.no ?? ''))?.['status']).toMatch(/DELIVERED|PROCESSED/)
  expect((await gateway.order(lost)).shipments[0]?.status).toBe('Lost')
})

test('a manifest that leaves late is paid for', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [late = '', good = ''] = await world.newOrders({ count: 2 })
  await world.control('advance', { orderId: good, to: 'Shipped' })
  await world.wait(3 * day)
  await world.control('advance', { orderId: late, to: 'Shipped' })
  await world.control('closeSettlement', { pob: gateway.pob })
  const penalties = (await settlementsOf(gateway)).flatMap(({ lines }) => lines)
    .filter(({ journeyType }) => journeyType === 'SLA_PENALTY')
  const numbers = penalties.map(({ custOrderNo }) => custOrderNo)
  expect([numbers.includes(late), numbers.includes(good)]).toEqual([true, false])
  for (const one of penalties) {
    expect(one).toMatchObject({ grossValue: 0, penaltyReason: 'LATE_MANIFEST' })
    expect(one.penalty).toBeLessThanOrEqual(-2500)
    expect(one.netValue).toBe(one.penalty)
  }
})

test('an expected settlement is told, released, and cleared three days later', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const expected = (await settlementsOf(gateway)).find(({ status }) => status === 'EXPECTED')
  const cutAt = Date.parse(`${expected?.expectedSettlementDate}T00:00:00+05:30`) - 3 * day * 60_000
  const found = async () =>
    (await settlementsOf(gateway)).filter((one) =>
      one.expectedSettlementDate === expected?.expectedSettlementDate
    ).map(({ status, clearingDocNo }) => [status, /^EXP-/.test(clearingDocNo)])
  await world.wait((cutAt - world.now()) / 60_000 - 1)
  expect(await found()).toEqual([['EXPECTED', true]])
  await world.wait(1)
  expect(await found()).toEqual([['RELEASED', false]])
  await world.wait(3 * day + 20 * 60)
  expect(await found()).toEqual([['CLEARED', false]])
})
