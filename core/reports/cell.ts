/** A cell without what spreadsheets and portals leave around its text. */

/** What Python and Java write where there is nothing. Not `Nan`, which is bread. */
const blanks: ReadonlySet<string> = new Set(['nan', 'NaN', 'NaT'])
const around = /^[\s\u00a0\u200b\ufeff]+|[\s\u00a0\u200b\ufeff]+$/g

/**
 * Trimmed, without the apostrophe by which spreadsheets keep a number a text, and `` for `nan`.
 * PostgreSQL holds any character but NUL.
 */
export const cleanCell = (raw: string): string => {
  let text = needsTrim(raw) ? raw.replaceAll(around, '') : raw
  if (text.includes('\0')) text = text.replaceAll('\0', '')
  if (text.startsWith("'") && !text.includes("'", 1)) text = text.slice(1).trim()
  return blanks.has(text) ? '' : text
}

/** Most cells need none, and each costs. */
const needsTrim = (text: string): boolean => {
  const [first, last] = [text.charCodeAt(0), text.charCodeAt(text.length - 1)]
  return first <= 0x20 || last <= 0x20 || first >= 0x80 || last >= 0x80
}

/** A heading as it is compared: trimmed, with single blanks, in lower case. */
export const headingKey = (text: string): string =>
  text.trim().replaceAll(/\s+/g, ' ').toLowerCase()
