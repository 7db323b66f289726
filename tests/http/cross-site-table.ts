/**
 * What a browser may make us do with the cookies that it adds by itself: the whole rule as a table.
 * Method, content type and which of our cookies came along decide nothing else.
 */

/** What Sec-Fetch-Site says of the page; undefined: no browser, or an old one. */
export const sites = [
  'same-origin',
  'none',
  undefined,
  'same-site',
  'cross-site',
  'rubbish',
] as const
/** What Origin says of the page. */
export const origins = ['own', 'foreign', 'null', undefined] as const

/** `yes`: a request that changes something and carries a cookie of ours is heard; `no`: 403. */
const table = `
  site         own   foreign  null  absent
  same-origin  yes   no       no    yes
  none         yes   no       no    yes
  absent       yes   no       no    yes
  same-site    no    no       no    no
  cross-site   no    no       no    no
  rubbish      no    no       no    no
`

const [head = [], ...rows] = table.trim().split('\n').map((line) => line.trim().split(/ +/))

/** The cell of the table. */
export const isHeard = (
  site: (typeof sites)[number],
  origin: (typeof origins)[number],
): boolean => {
  const row = rows.find(([name]) => name === (site ?? 'absent'))
  const cell = row?.[head.indexOf(origin ?? 'absent')]
  if (cell !== 'yes' && cell !== 'no') throw new Error(`The table has no cell ${site} ${origin}`)
  return cell === 'yes'
}

/** What pages can send without asking first, and what they cannot. */
export const contentTypes = [
  undefined,
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json',
  'application/json; charset=utf-8',
] as const

/** Methods that change nothing. */
export const safe: ReadonlySet<string> = new Set(['GET', 'HEAD'])
