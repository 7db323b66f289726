import { describe, expect, test } from 'vitest'
import { forwardReport, gstReport, orderReport } from '../imports/orders.ts'
import { returnReport } from '../imports/returns.ts'
import { importOf, orders2022, orders2025, orders2026, rowsOf, wordsOf } from './import-files.ts'

const no = '184000000000000001_1'
const line2026 = [
  ...['DELIVERED', no, '51234567', '2026-08-01', 'Meesho', 'Bihar', 'Women Red Kurta'],
  ...['KURTA-RED', 'M', '2', '499.0', '479.0', 'PK1'],
]

describe('the order export', () => {
  test('of 2026 has all that is known of a sub-order', async () => {
    const [row] = rowsOf(await importOf(orderReport, orders2026, [line2026]))
    expect(row).toEqual({
      externalId: no,
      status: 'DELIVERED',
      rawStatus: 'DELIVERED',
      onHold: false,
      orderedAt: new Date('2026-07-31T18:30:00Z'),
      updatedAt: new Date('2026-07-31T18:30:00Z'),
      shipBy: null,
      currency: 'INR',
      totalPaise: 95_800,
      fulfilledBy: 'SELLER',
      stateCode: '10',
      customer: null,
      items: [{
        externalId: no,
        sku: 'KURTA-RED|M',
        listingId: '51234567',
        title: 'Women Red Kurta',
        quantity: 2,
        totalPaise: 95_800,
        cancelledQuantity: 0,
      }],
    })
  })

  test('of 2025 and 2022 says the same, but for what it has no column for', async () => {
    const [newest] = rowsOf(await importOf(orderReport, orders2026, [line2026]))
    const of = (columns: readonly string[], cells: Record<string, string> = {}) =>
      columns.map((name) => cells[name] ?? line2026[orders2026.indexOf(name)] ?? '')
    const [y2025] = rowsOf(await importOf(orderReport, orders2025, [of(orders2025)]))
    const older = of(orders2022, { 'Order Date': '01-08-2026' })
    const [y2022] = rowsOf(await importOf(orderReport, orders2022, [older]))
    const items = newest?.items.map((item) => ({ ...item, listingId: null }))
    // and does not blank what the newer one has told
    const updatedAt = new Date('2026-07-31T18:29:59.500Z')
    expect(y2025).toEqual({ ...newest, items, updatedAt })
    expect(y2022).toEqual(y2025)
  })

  test('knows the words of the panel; one without a packet is accepted, an unknown one is kept', async () => {
    const states = {
      ...{ PENDING: 'NEW', SHIPPED: 'SHIPPED', OUT_FOR_DELIVERY: 'OUT_FOR_DELIVERY' },
      ...{ CANCELLED: 'CANCELLED', RTO_INITIATED: 'RTO_IN_TRANSIT', RTO_LOCKED: 'RTO_IN_TRANSIT' },
      ...{ RTO_OFD: 'RTO_IN_TRANSIT', RTO_DELIVERY_FAILED: 'RTO_IN_TRANSIT' },
      ...{ RTO_COMPLETE: 'RTO_RECEIVED', DOOR_STEP_EXCHANGED: 'DELIVERED', LOST: 'LOST' },
      ...{ SHIPMENT_LOST: 'LOST', RETURNED: 'DELIVERED', EXCHANGE: 'DELIVERED' },
      ...{ READY_TO_SHIP: 'READY_TO_SHIP', TELEPORTED: null },
    }
    const lines = Object.keys(states).map((
      word,
      at,
    ) => [word, `18400000${at}_1`, ...line2026.slice(2)])
    const rows = rowsOf(await importOf(orderReport, orders2026, lines))
    expect(rows.map(({ status }) => status)).toEqual(Object.values(states))
    expect(rows[3]?.items[0]?.cancelledQuantity).toBe(2)
    const accepted = ['READY_TO_SHIP', ...line2026.slice(1, -1), '']
    expect(rowsOf(await importOf(orderReport, orders2026, [accepted]))[0]?.status)
      .toBe('ACKNOWLEDGED')
  })

  test('told twice is one sub-order, as far as it has come; told otherwise it is none', async () => {
    const shipped = ['SHIPPED', ...line2026.slice(1)]
    const [one, ...others] = await importOf(orderReport, orders2026, [shipped, line2026, shipped])
    expect(one).toMatchObject({ lines: [2, 3, 4], row: { status: 'DELIVERED' } })
    expect(others).toEqual([])
    const dearer = line2026.with(11, '500')
    const words = wordsOf(await importOf(orderReport, orders2026, [line2026, dearer]))
    expect(words).toEqual({ 2: '! line-told-twice', 3: '! line-told-twice' })
  })

  test('refuses what cannot be read, each line for itself', async () => {
    const lines = [
      line2026,
      line2026.with(1, '1.84E+17'),
      line2026.with(1, '184000000000000002_1').with(3, '31-06-2026'),
      line2026.with(1, '184000000000000003_1').with(3, '2027-01-01'),
      line2026.with(1, '184000000000000004_1').with(9, '0'),
      line2026.with(1, '184000000000000005_1').with(11, '4.999'),
      line2026.with(1, '184000000000000006_1').with(10, '').with(11, ''),
      ['No data is available for these dates.'],
    ]
    const results = await importOf(orderReport, orders2026, lines)
    expect(wordsOf(results)).toEqual({
      ...{ 2: 'row', 3: '! bad-sub-order-no', 4: '! bad-date', 5: '! bad-date' },
      ...{ 6: '! bad-quantity', 7: '! money-not-in-paise', 8: 'row', 9: 'no-data' },
    })
    expect(rowsOf(results)[1]?.totalPaise).toBeNull()
  })
})

describe('tax reports', () => {
  const gst = [
    ...['gstin', 'sub_order_num', 'order_num', 'order_date', 'hsn_code', 'quantity', 'gst_rate'],
    ...['total_taxable_sale_value', 'tcs_taxable_amount', 'tax_amount', 'total_invoice_value'],
    ...['taxable_shipping', 'end_customer_state_new', 'eco_tcs_gstin', 'financial_year'],
    ...['month_number', 'supplier_id', 'identifier', 'enrollment_no', 'manifest_date'],
    ...['transaction_type', 'sup_name', 'reseller_state'],
  ]
  const sale = [
    ...['27AAAAA0000A1Z5', no, no.slice(0, -2), '2026-08-01', '62114210', '1', '5.0', '456.19'],
    ...['456.19', '22.81', '479.00000000000006', '0', 'Tamil Nadu', '29X', '2026-27', '8'],
    ...['1203401', 'x', '', '2026-08-02', 'Order', 'Asha', ''],
  ]

  test('of GST sales tell HSN and rate, and count as older than any other word', async () => {
    const back = sale.with(1, '184000000000000002_1').with(20, 'Return')
    const bad = sale.with(1, '184000000000000003_1').with(6, 'five')
    const results = await importOf(gstReport, gst, [sale, back, bad])
    expect(wordsOf(results)).toEqual({ 2: 'row', 3: 'sale-taken-back', 4: '! bad-gst-rate' })
    expect(rowsOf(results)[0]).toMatchObject({
      ...{ externalId: no, status: 'SHIPPED', rawStatus: 'Order', totalPaise: 47_900 },
      ...{ stateCode: '33', updatedAt: new Date('2026-07-31T18:29:59Z') },
      items: [{ sku: null, hsn: '62114210', gstRateBp: 500, totalPaise: 47_900 }],
    })
  })

  test('of 2022 come with words in any case and prices as floats', async () => {
    const columns = [
      ...['order_date', 'sub_order_num', 'order_status', 'state', 'pin', 'gst_amount'],
      ...['meesho_price', 'shipping_charges_total', 'price'],
    ]
    const line = (word: string, price: string, at: number) => [
      ...['01-05-2022', `18400000000${at}_1`, word, 'ORISSA', '751001', '3.17', '60', '10', price],
    ]
    const results = await importOf(forwardReport, columns, [
      line('rto', '66.68000000000000', 1),
      line('Delivered', '66.67999999999999', 2),
      line('Cancelled', '-1', 3),
    ])
    expect(wordsOf(results)).toEqual({ 2: 'row', 3: 'row', 4: '! money-not-in-paise' })
    expect(
      rowsOf(results).map(({ status, totalPaise, stateCode }) => [
        ...[status, totalPaise, stateCode],
      ]),
    ).toEqual([['RTO_IN_TRANSIT', 6668, '21'], ['DELIVERED', 6668, '21']])
  })
})

describe('the return report', () => {
  const columns = [
    ...['Product Name', 'SKU', 'Variation', 'Meesho PID', 'Qty', 'Category', 'Order Number'],
    ...['Suborder Number', 'Order Date', 'Dispatch Date', 'Return Created Date', 'Type of Return'],
    ...['Sub Type', 'Expected Delivery Date', 'Courier Partner', 'AWB Number', 'Status', 'Attempt'],
    ...['Tracking Link', 'Return Reason', 'Detailed Return Reason'],
  ]
  const line = [
    ...['Women Red Kurta', 'KURTA-RED', 'M', '1', '1', 'Kurtas', no.slice(0, -2), no],
    ...['2026-08-01', '2026-08-02', '2026-08-21', 'Customer Return', 'Return', '2026-08-27'],
    ...['Valmo', 'VL7001', 'Delivered', '', 'https://t.invalid/1', 'Size/fit issue', 'Too small'],
  ]

  test('names a return by sub-order, type and day, as the gateway does', async () => {
    const [row] = rowsOf(await importOf(returnReport, columns, [line]))
    expect(row).toEqual({
      externalId: `${no}/CUSTOMER/2026-08-21`,
      orderExternalId: no,
      kind: 'CUSTOMER_RETURN',
      status: 'DELIVERED',
      rawStatus: 'Delivered',
      reason: 'Size/fit issue: Too small',
      initiatedAt: new Date('2026-08-20T18:30:00Z'),
      updatedAt: new Date('2026-08-26T18:30:00Z'),
      deliveredAt: new Date('2026-08-26T18:30:00Z'),
      shipmentExternalId: null,
      awbs: [{ awb: 'VL7001', carrier: 'Valmo' }],
      creditNote: null,
      items: [{
        ...{ externalId: no, itemExternalId: no, sku: 'KURTA-RED|M', quantity: 1 },
        condition: null,
      }],
    })
  })

  test('knows RTO and exchanges, expected days that are none yet, and bad lines', async () => {
    const results = await importOf(returnReport, columns, [
      line.with(11, 'Courier Return (RTO)').with(16, 'In Transit').with(17, '1'),
      line.with(12, 'Exchange').with(13, 'Delivered on 27-08-2026'),
      line.with(16, 'Lost').with(13, '2026-09-01'),
      line.with(11, 'Gift'),
      line.with(7, '184'),
      line.with(10, 'soon'),
    ])
    expect(wordsOf(results)).toEqual({
      ...{ 2: 'row', 3: 'row', 4: 'row', 5: '! unknown-return-type', 6: '! bad-sub-order-no' },
      7: '! bad-date',
    })
    const [rto, exchange, lost] = rowsOf(results)
    expect(rto).toMatchObject({
      ...{ externalId: `${no}/RTO/2026-08-21`, status: 'IN_TRANSIT', deliveredAt: null },
      rawStatus: 'In Transit, attempt 1',
    })
    expect(exchange).toMatchObject({
      ...{ kind: 'EXCHANGE', deliveredAt: new Date('2026-08-26T18:30:00Z') },
    })
    const early = line.with(13, '2026-10-07')
    const [unknown] = rowsOf(await importOf(returnReport, columns, [early]))
    // delivered, on a day that is still to come: nobody knows when
    expect(unknown).toMatchObject({ status: 'DELIVERED', deliveredAt: null })
    // no word of ours: where it was stays, and the day is known
    expect(lost).toMatchObject({ status: null, updatedAt: new Date('2026-08-31T18:30:00Z') })
  })

  test('told twice is one return, as far as it has come', async () => {
    const [one, ...others] = await importOf(returnReport, columns, [
      ...[line.with(16, 'In Transit'), line, line.with(16, 'Picked Up')],
    ])
    expect(others).toEqual([])
    expect(one).toMatchObject({ lines: [2, 3, 4], row: { status: 'DELIVERED' } })
  })
})
