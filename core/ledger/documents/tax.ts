/** GST of a line whose price includes it: within a state half each, between states as one. */

export interface Tax {
  readonly taxablePaise: number
  readonly cgstPaise: number
  readonly sgstPaise: number
  readonly igstPaise: number
}

/** Rounded to the paisa; the parts add up to the total. `rateBp` in hundredths of a per cent. */
export const splitTax = (totalPaise: number, rateBp: number, isWithinState: boolean): Tax => {
  const [total, whole] = [BigInt(totalPaise), BigInt(10_000 + rateBp)]
  const sign = total < 0n ? -1n : 1n
  const taxable = Number(sign * ((sign * total * 20_000n + whole) / (2n * whole)))
  const tax = totalPaise - taxable
  if (!isWithinState) return { taxablePaise: taxable, cgstPaise: 0, sgstPaise: 0, igstPaise: tax }
  const half = Math.floor(tax / 2)
  return { taxablePaise: taxable, cgstPaise: half, sgstPaise: tax - half, igstPaise: 0 }
}

/** `1,23,456.70` */
export const rupees = (paise: number): string => {
  const sign = paise < 0 ? '-' : ''
  const digits = String(Math.abs(paise)).padStart(3, '0')
  const whole = digits.slice(0, -2)
  const thousands = whole.slice(-3)
  const above = whole.slice(0, -3).replaceAll(/\B(?=(\d{2})+$)/g, ',')
  return `${sign}${above ? `${above},` : ''}${thousands}.${digits.slice(-2)}`
}

/** `12` for 1200, `2.5` for 250. */
export const percent = (rateBp: number): string =>
  `${Math.floor(rateBp / 100)}${
    rateBp % 100 === 0 ? '' : `.${String(rateBp % 100).padStart(2, '0').replace(/0$/, '')}`
  }`

const small = [
  ...['Zero', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'],
  ...['Eleven', 'Twelve', 'Thirteen', 'Fourteen', 'Fifteen', 'Sixteen', 'Seventeen', 'Eighteen'],
  'Nineteen',
]
const tens = ['Twenty', 'Thirty', 'Forty', 'Fifty', 'Sixty', 'Seventy', 'Eighty', 'Ninety']
const units: readonly (readonly [number, string])[] = [
  [10_000_000, 'Crore'],
  [100_000, 'Lakh'],
  [1_000, 'Thousand'],
  [100, 'Hundred'],
]

const words = (number: number): string => {
  for (const [unit, name] of units) {
    if (number < unit) continue
    const rest = number % unit
    return `${words(Math.floor(number / unit))} ${name}${rest === 0 ? '' : ` ${words(rest)}`}`
  }
  if (number < small.length) return small[number] ?? ''
  const [ten, one] = [tens[Math.floor(number / 10) - 2] ?? '', number % 10]
  return one === 0 ? ten : `${ten} ${small[one]}`
}

/** `Rupees One Lakh Twenty Three Thousand and Fifty Paise Only` */
export const inWords = (paise: number): string => {
  const value = Math.abs(paise)
  const [whole, part] = [Math.floor(value / 100), value % 100]
  const minus = paise < 0 ? 'Minus ' : ''
  return `${minus}Rupees ${words(whole)}${part === 0 ? '' : ` and ${words(part)} Paise`} Only`
}
