/**
 * The columns of "Order Payments" that carry money, whatever generation the file is of. Names occur
 * twice (two fixed fees), so columns are known by their place.
 */
import { headingOf } from './cells.ts'

export type Part = 'gross' | 'deductions' | 'fees' | 'taxes'
export interface MoneyColumn {
  readonly at: number
  readonly part: Part
  readonly what: 'sale' | 'return' | 'compensation' | 'claims' | 'recovery' | 'other'
}

// older files have a gross pair of the service charges alone; newer ones the net of it as well
const grossService = /^(?:other support service charges|waivers)\b/
const netService = /^net other support service charges\b/
const forms: readonly (readonly [RegExp, Part, MoneyColumn['what']])[] = [
  [/reason$|^price type$|percentage|rate ?%/, 'fees', 'other'], // no money: see below
  [/^(?:total )?sale return amount|^shipping return/, 'gross', 'return'],
  [/^(?:total )?sale amount|^shipping revenue/, 'gross', 'sale'],
  [/^compensation$/, 'deductions', 'compensation'],
  [/^claims$/, 'deductions', 'claims'],
  [/^recovery$/, 'deductions', 'recovery'],
  [/^tcs\b|^tds\b|^gst on\b/, 'taxes', 'other'],
  [/\bfee\b|\bfees\b|premium|commission|charge|gst compensation/, 'fees', 'other'],
  [grossService, 'fees', 'other'],
  [netService, 'fees', 'other'],
]
const [noMoney] = forms

/** Those behind the settlement that make it up together. */
export const moneyColumnsOf = (columns: readonly string[]): readonly MoneyColumn[] => {
  const names = columns.map(headingOf)
  const settlement = names.indexOf(headingOf('Final Settlement Amount'))
  const hasNet = names.some((name) => netService.test(name))
  return names.flatMap((name, at) => {
    if (at <= settlement || noMoney?.[0].test(name)) return []
    // the net of the two is told beside them
    if (hasNet && grossService.test(name)) return []
    const form = forms.find(([pattern]) => pattern.test(name))
    return form ? [{ at, part: form[1], what: form[2] }] : []
  })
}

/** Why something was paid or taken: the last columns. */
export const reasonColumnsOf = (columns: readonly string[]): readonly number[] =>
  columns.flatMap((name, at) => /reason$/i.test(name.trim()) ? [at] : [])
