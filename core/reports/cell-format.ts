/** Numbers of a workbook as the text that its reader sees. */

/** Whether a format shows a number as a date or a time. */
export const isDateFormat = (id: string, code: string | undefined): boolean => {
  if (code === undefined) {
    const number = Number(id)
    return number >= 14 && number <= 22 || number >= 45 && number <= 47
  }
  // without quoted words, escaped letters, and colours or conditions in brackets
  const plain = code.replaceAll(/"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '')
  return /[ymdhs]/i.test(plain) && !/general/i.test(plain)
}

const dayMs = 86_400_000
/** The day 0 of spreadsheets, which believe in a 29 February 1900. */
const zero1900 = Date.UTC(1899, 11, 30)
const zero1904 = Date.UTC(1904, 0, 1)

/** `2026-08-14T16:43:42`, without a zone: a spreadsheet knows none. */
export const dateText = (serial: string, is1904: boolean): string => {
  const number = Number(serial)
  if (!Number.isFinite(number) || Math.abs(number) > 2_958_465) return serial
  const seconds = Math.round(number * 86_400)
  const at = new Date((is1904 ? zero1904 : zero1900) + seconds * 1000)
  const text = at.toISOString().slice(0, 19)
  return at.getTime() % dayMs === 0 ? text.slice(0, 10) : text
}

/** Stored with 17 digits, shown with 15: `1234.5599999999999` is 1234.56. */
export const numberText = (stored: string): string => {
  if (/^-?\d{1,15}$/.test(stored)) return stored
  const number = Number(stored)
  if (stored === '' || !Number.isFinite(number)) return stored
  const shown = Number(number.toPrecision(15))
  if (Number.isInteger(shown) && Math.abs(shown) < 1e21) return BigInt(shown).toString()
  return String(shown)
}
