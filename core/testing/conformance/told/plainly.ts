/** Requests and failures as plain values, the same in every run: credentials are masked. */
import { failureOf } from '../../../plugin.ts'
import { plain } from '../judge.ts'
import { hashOf } from '../../sandbox/random.ts'
import type { KitRequest } from '../wire.ts'
import type { World } from '../world.ts'

const mask = '***'

/** Every sealed text of the account, wherever it stands. */
export const maskOf = (...worlds: readonly Pick<World, 'account' | 'plugin'>[]) => {
  const secrets = worlds.flatMap(({ account, plugin }) => {
    const credentials = account.credentials as Readonly<Record<string, unknown>>
    return plugin.secrets.map((name) => credentials[name])
      .filter((value): value is string => typeof value === 'string' && value !== '')
  })
  return (text: string): string =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, mask), text)
}

/** A request in one line; `headers` of it too where they are asked for. */
export const requestLine = (
  { method, url, body, operation }: KitRequest,
  masked: (text: string) => string,
): string =>
  masked(
    [
      `${operation ?? '-'}: ${method} ${url.host}${url.pathname}${decodeURIComponent(url.search)}`,
      ...body === undefined ? [] : [body],
    ].join(' '),
  )

export const headersOf = (
  { headers }: KitRequest,
  masked: (text: string) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, masked(value)]))

/** How work ended: its value by `tell`, or its failure. Errors that are no failure are told as such. */
export const endOf = async <T>(
  work: () => Promise<T> | T,
  tell: (value: Awaited<T>) => unknown = () => 'done',
): Promise<unknown> => {
  try {
    return plain(tell(await work())) ?? 'done'
  } catch (error) {
    const found = failureOf(error)
    if (!found) return 'an error that is no failure'
    const { kind, code, message, retryAfterMs } = found
    return plain({ kind, code, message, retryAfterMs })
  }
}

const longText = 400
const longList = 200
const digest = (text: string): string => hashOf(0, text).toString(36)

/** A long text by its beginning, its length and a digest of it. */
export const briefly = (text: string): string =>
  text.length <= longText ? text : `${text.slice(0, 60)}… ${text.length} ${digest(text)}`

/** The same of all texts and lists in a plain value. */
export const brief = (value: unknown): unknown => {
  if (typeof value === 'string') return briefly(value)
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [briefly(name), brief(one)]),
    )
  }
  const list = value.slice(0, value.length > longList ? 3 : longList).map(brief)
  return value.length > longList
    ? [...list, `${value.length} ${digest(JSON.stringify(value))}`]
    : list
}
