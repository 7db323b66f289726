/** What stands on papers that are made here: every piece and every parcel, however many there are. */
import { expect, it } from 'vitest'
import {
  customerInvoice,
  label,
  manifestList,
  packingSlip,
  vendorInvoice,
} from '../../../core/ledger/documents/papers.ts'
import { textOfPdf } from '../../../core/ledger/documents/read-paper.ts'
import type { ManifestRecord, OrderRecord } from '../../../core/ledger/documents/record.ts'

const seller = {
  name: 'Asha Textiles Private Limited',
  address: ['Plot 14, MIDC', 'Pune 411026'],
  gstin: '27AAPFU0939F1ZV',
  stateCode: '27',
}
const longTitle = 'महिलाओं के लिए लाल रंग का सूती कुर्ता, त्योहार और शादी के लिए विशेष संग्रह, साइज़ M'
const recordOf = (count: number): OrderRecord => ({
  ...{ marketplace: 'AJIO', orderNumber: 'FN2608140001', currency: 'INR', seller, billTo: null },
  orderedAt: new Date('2026-08-14T11:13:42Z'),
  buyer: {
    ...{ name: 'सुनीता देवी शर्मा', gstin: null, stateCode: '08', phone: '+919876543210' },
    address: ['मकान नंबर 12, शिवाजी नगर', 'Jaipur 302001'],
  },
  placeOfSupply: '08',
  shipment: { number: 'SH0001', awb: '1490812345678', carrier: 'DELHIVERY' },
  invoice: { number: 'AJ/26-27/00042', date: '2026-08-14' },
  lines: Array.from({ length: count }, (_, at) => ({
    ...{ externalId: `L/${at + 1}`, sku: `KURTA-RED-${at + 1}`, hsn: '62114210', gstRateBp: 1200 },
    ...{ title: longTitle, quantity: at + 1, totalPaise: 129_900 * (at + 1) },
  })),
})
const textOf = async (paper: Promise<Uint8Array>): Promise<string> =>
  await textOfPdf(await paper) ?? ''
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
const piecesIn = (text: string): readonly number[] =>
  [...text.matchAll(/\b(\d+) pcs\b/g)].map(([, pieces]) => Number(pieces))

it.each([1, 12, 40])('papers of an order with %i lines tell every piece', async (count) => {
  const record = recordOf(count)
  const all = record.lines.map(({ quantity }) => quantity)
  for (const paper of [packingSlip, vendorInvoice, customerInvoice]) {
    expect(piecesIn(await textOf(paper(record)))).toEqual(all)
  }
  expect(await textOf(packingSlip(record))).toContain(`Total ${sum(all)} pieces`)
  // a label is one page: what it has no room for is counted, and the way back stands on it
  const text = await textOf(label(record))
  const shown = piecesIn(text)
  expect(shown).toEqual(all.slice(0, shown.length))
  const [, more = '0', rest = '0'] = /and (\d+) more, (\d+) pieces/.exec(text) ?? []
  expect([shown.length + Number(more), sum(shown) + Number(rest)]).toEqual([count, sum(all)])
  expect(text).toContain(`Total ${sum(all)} pieces`)
  expect(text).toMatch(/return to\s+Asha Textiles[^]*411026[^]*State: 27/)
})

it.each([1, 44, 250])('a manifest of %i parcels lists each of them once', async (count) => {
  const parcels: ManifestRecord['parcels'] = Array.from({ length: count }, (_, at) => ({
    number: `SH${10_000 + at}`,
    orderNumber: at % 9 === 8 ? null : `FN${20_000 + at}`,
    awb: at % 7 === 6 ? null : `1490812${30_000 + at}`,
    carrier: 'DELHIVERY',
    pieces: at % 9 === 8 ? null : 1 + at % 3,
  }))
  const text = await textOf(manifestList({
    ...{ marketplace: 'AJIO', number: 'MF0001', seller, dispatchDate: '2026-08-14', parcels },
    closedAt: new Date('2026-08-14T12:00:00Z'),
  }))
  const listed = [...text.matchAll(/\bSH\d{5}\b/g)].map(([number]) => number)
  expect(listed).toEqual(parcels.map(({ number }) => number))
  const pieces = sum(parcels.map((parcel) => parcel.pieces ?? 0))
  expect(text).toContain(`${count} shipments, ${pieces} pieces`)
  expect(sum(piecesIn(text))).toBe(pieces)
  expect(text).toContain('Taken over by (courier)')
})
