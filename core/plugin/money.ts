/** Money as whole paise, read from decimal text and never through a float. */

const decimal = /^(-?)(\d{1,13})(?:\.(\d+))?$/

/**
 * '647.62' → 64762. Undefined for what is no decimal number, or has a part of a paisa
 * ('1.005'); trailing zeros are no part.
 */
export const paiseOf = (text: string): number | undefined => {
  const found = decimal.exec(text.trim())
  if (!found) return undefined
  const [, sign, rupees = '', fraction = ''] = found
  if (/[1-9]/.test(fraction.slice(2))) return undefined
  const paise = Number(rupees) * 100 + Number(fraction.slice(0, 2).padEnd(2, '0'))
  return sign === '-' && paise !== 0 ? -paise : paise
}
