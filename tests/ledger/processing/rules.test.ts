/** Tax, words, numbers and identifiers, each against what a person would write. */
import { describe, expect, it } from 'vitest'
import { judge } from '../../../core/ledger/documents/check-papers.ts'
import { quantitiesIn, textOfPdf } from '../../../core/ledger/documents/read-paper.ts'
import { inWords, percent, rupees, splitTax } from '../../../core/ledger/documents/tax.ts'
import { financialYear } from '../../../core/ledger/processing/cutoff.ts'
import { invoiceNumber } from '../../../core/ledger/processing/invoices.ts'
import { allot } from '../../../core/ledger/processing/stock.ts'
import { isGstin, pinAgreesWithState, stateName } from '../../../core/plugin.ts'
import { textPdf } from '../../../core/testing/sandbox/pdf.ts'

describe('GST of a price that includes it', () => {
  it.each([
    [129_900, 1200, true, { taxablePaise: 115_982, cgstPaise: 6_959, sgstPaise: 6_959 }],
    [129_900, 1200, false, { taxablePaise: 115_982, igstPaise: 13_918 }],
    [10_500, 500, true, { taxablePaise: 10_000, cgstPaise: 250, sgstPaise: 250 }],
    [101, 1800, true, { taxablePaise: 86, cgstPaise: 7, sgstPaise: 8 }],
    [5_000, 0, true, { taxablePaise: 5_000, cgstPaise: 0, sgstPaise: 0, igstPaise: 0 }],
    [-129_900, 1200, false, { taxablePaise: -115_982, igstPaise: -13_918 }],
  ])('%i paise at %i: within the state %s', (total, rate, within, expected) => {
    const tax = splitTax(total, rate, within)
    expect(tax).toMatchObject(expected)
    expect(tax.taxablePaise + tax.cgstPaise + tax.sgstPaise + tax.igstPaise).toBe(total)
  })
})

describe('an amount', () => {
  it.each([
    [0, '0.00', 'Rupees Zero Only'],
    [5, '0.05', 'Rupees Zero and Five Paise Only'],
    [64_700, '647.00', 'Rupees Six Hundred Forty Seven Only'],
    [
      123_456_70,
      '1,23,456.70',
      'Rupees One Lakh Twenty Three Thousand Four Hundred Fifty Six and Seventy Paise Only',
    ],
    [1_00_00_000_00, '1,00,00,000.00', 'Rupees One Crore Only'],
    [
      12_34_56_789_19,
      '12,34,56,789.19',
      'Rupees Twelve Crore Thirty Four Lakh Fifty Six Thousand Seven Hundred Eighty Nine and Nineteen Paise Only',
    ],
  ])('of %i paise is %s, in words %s', (paise, digits, words) => {
    expect(rupees(paise)).toBe(digits)
    expect(inWords(paise)).toBe(words)
  })

  it('of tax is told without needless zeros', () => {
    expect([1200, 250, 25, 0].map(percent)).toEqual(['12', '2.5', '0.25', '0'])
  })
})

describe('an invoice number', () => {
  it('has its year, stays within 16 characters, and says when a series is used up', () => {
    expect(invoiceNumber('AJ', '26-27', 42)).toBe('AJ/26-27/00042')
    expect(invoiceNumber('ABC', '26-27', 99_999)).toHaveLength(15)
    expect(invoiceNumber('AJIO1', '26-27', 42)).toBe('AJIO1260042')
    expect(invoiceNumber('SERIES-TEN', '26-27', 9_999)).toHaveLength(16)
    expect(() => invoiceNumber('SERIES-TEN', '26-27', 10_000)).toThrow(/used up/)
  })

  it('begins anew in April', () => {
    expect(['2026-03-31', '2026-04-01', '2027-01-01', '2099-12-31'].map(financialYear))
      .toEqual(['25-26', '26-27', '26-27', '99-00'])
  })
})

describe('a GSTIN', () => {
  it.each(['27AAPFU0939F1ZV', '29AAGCB7383J1Z4', '24AAACC1206D1ZM', '09AAACH7409R1ZZ'])(
    '%s is one, and with any other check character is none',
    (gstin) => {
      expect(isGstin(gstin)).toBe(true)
      const others = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((one) => one !== gstin[14])
      expect(others.filter((one) => isGstin(gstin.slice(0, 14) + one))).toEqual([])
    },
  )

  it('with two neighbours changed over is found out', () => {
    const gstin = '27AAPFU0939F1ZV'
    for (let at = 2; at < 11; at++) {
      const [a, b] = [gstin.charAt(at), gstin.charAt(at + 1)]
      if (a === b) continue
      expect(isGstin(gstin.slice(0, at) + b + a + gstin.slice(at + 2)), String(at)).toBe(false)
    }
  })

  it.each([
    '',
    '27AAPFU0939F1Z',
    '27aapfu0939f1zv',
    '00AAPFU0939F1ZV',
    '40AAPFU0939F1ZV',
    '27AAPFU0939F1XV',
  ])(
    '"%s" is none',
    (text) => expect(isGstin(text)).toBe(false),
  )
})

describe('a PIN code', () => {
  it.each([
    ['110001', '07', true],
    ['411001', '27', true],
    ['411001', '29', false],
    ['403001', '30', true],
    ['403001', '27', false],
    ['160017', '04', true],
    ['160055', '03', true],
    ['248001', '05', true],
    ['201301', '09', true],
    ['737101', '11', true],
    ['744101', '35', true],
    ['682555', '31', true],
    ['605001', '34', true],
    ['834001', '20', true],
    ['834001', '10', false],
    ['500001', '36', true],
    ['530001', '28', true],
    ['396210', '25', true],
    ['194101', '38', true],
    ['900001', '27', true],
    ['011001', '07', false],
    ['41100', '27', false],
    ['41100A', '27', false],
  ])('%s lies in state %s: %s', (pin, state, agrees) => {
    expect(pinAgreesWithState(pin, state)).toBe(agrees)
  })

  it('finds a state for every first three digits in use, and names it', () => {
    const states = Array.from({ length: 38 }, (_, at) => String(at + 1).padStart(2, '0'))
    expect(stateName('35')).toBe('Andaman and Nicobar Islands')
    const lost = states.filter((state) => stateName(state) !== null && !hasPin(state))
    expect(lost).toEqual([])
  })
})
const hasPin = (state: string): boolean =>
  Array.from({ length: 799 }, (_, at) => `${at + 100}001`)
    .some((pin) => pinAgreesWithState(pin, state))

describe('stock that is short', () => {
  it('goes to whoever ordered first, over all accounts, and is never dealt out twice', () => {
    const at = (day: number) => new Date(Date.UTC(2026, 0, day))
    const claims = [
      { itemId: 'c', productId: 'p', orderedAt: at(3), quantity: 2 },
      { itemId: 'a', productId: 'p', orderedAt: at(1), quantity: 2 },
      { itemId: 'b', productId: 'p', orderedAt: at(2), quantity: 2 },
      { itemId: 'x', productId: 'unknown', orderedAt: at(1), quantity: 9 },
    ]
    expect([...allot(new Map([['p', 3]]), claims)])
      .toEqual([['a', 2], ['b', 1], ['c', 0]])
    expect([...allot(new Map([['p', -1]]), claims)].map(([, given]) => given)).toEqual([0, 0, 0])
  })
})

describe('a paper of somebody else', () => {
  const lines = [{ externalId: 'L/1', sku: 'KURTA-RED' }, { externalId: 'L/2', sku: 'SARI' }]
  it("tells its quantities by sku or by the marketplace's id, where it tells any", async () => {
    const text = await textOfPdf(textPdf([
      'Order FN1',
      'SKU KURTA-RED   Qty 2   Red kurta',
      'Line L/2   Quantity: 12',
      'Qty 99',
    ]))
    expect(quantitiesIn(text ?? '', lines)).toEqual({ 'L/1': 2, 'L/2': 12 })
    expect(quantitiesIn('KURTA-RED-M Qty 7\nnothing else', lines)).toBeNull()
    const twice = [{ externalId: 'L/1', sku: 'SARI' }, { externalId: 'L/2', sku: 'SARI' }]
    expect(quantitiesIn('SARI Qty 7', twice)).toBeNull()
  })

  it('that is no PDF tells nothing', async () => {
    expect(await textOfPdf(new TextEncoder().encode('<html>'))).toBeNull()
    expect(await textOfPdf(new Uint8Array())).toBeNull()
    expect(await textOfPdf(textPdf(['x']).slice(0, 200))).toBeNull()
  })

  it('is held against what was confirmed', () => {
    const confirmed = { 'L/1': 2, 'L/2': 1 }
    const slip = { type: 'PACKING_SLIP', quantities: confirmed }
    expect(judge(confirmed, [slip, { type: 'LABEL', quantities: null }], true)).toBeNull()
    expect(judge(confirmed, [slip, { type: 'LABEL', quantities: { 'L/1': 3 } }], false))
      .toMatchObject({ code: 'document-mismatch' })
    expect(judge(confirmed, [{ type: 'LABEL', quantities: { 'L/9': 2 } }], false))
      .toMatchObject({ code: 'document-of-another-order' })
    expect(judge(confirmed, [], true)).toMatchObject({ code: 'packing-slip-missing' })
  })
})
