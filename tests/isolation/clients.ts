/** Asks a served application, with whatever says who asks. */
import { newId } from '#core/ids.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

/** A client with a cookie jar, as a browser has one. */
export interface Client {
  readonly ask: Ask
  /** The cookies by name; a test may take some away. */
  readonly jar: Map<string, string>
}

/** Every POST carries an Idempotency-Key of its own, unless the headers bring one. Bytes are a file. */
export const askAt = (url: string): Ask => async (method, path, body, headers = {}) => {
  const key = method === 'POST' ? { 'idempotency-key': newId() } : {}
  const isFile = body instanceof Uint8Array
  const type = { 'content-type': isFile ? 'application/octet-stream' : 'application/json' }
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...key, ...(body === undefined ? {} : type), ...headers },
    redirect: 'manual',
    ...body === undefined ? {} : { body: isFile ? body as BodyInit : JSON.stringify(body) },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** The headers go with every request. */
export const clientAt = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  jar = new Map<string, string>(),
): Client => {
  const ask = askAt(url)
  return {
    jar,
    ask: async (method, path, body, more = {}) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const sent = { ...(cookie === '' ? {} : { cookie }), ...headers, ...more }
      const answer = await ask(method, path, body, sent)
      for (const line of answer.headers.getSetCookie()) keep(jar, line)
      return answer
    },
  }
}

const keep = (jar: Map<string, string>, line: string): void => {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  const value = pair.slice(at + 1)
  if (value === '' || /;\s*max-age=0(?:;|$)/i.test(line)) jar.delete(pair.slice(0, at))
  else jar.set(pair.slice(0, at), value)
}

/** Status, headers and body, without what names the request itself. */
export const bytesOf = ({ status, headers, text }: Answer): string => {
  // whether a connection stays open is the server's affair: how much of a file it had read by then
  const passing = ['x-request-id', 'date', 'connection', 'keep-alive']
  const told = [...headers].filter(([name]) => !passing.includes(name))
    // what is left of a rate limit: every request is one more
    .filter(([name]) => name !== 'ratelimit')
  const body = text.replace(/"instance":"urn:uuid:[0-9a-f-]{36}"/, '"instance":""')
    // an export says when it was made, and how the trail stood
    .replace(/"exportedAt":"[^"]*","head":\{[^}]*\}/, '"exportedAt":"","head":{}')
    // an address of a file is signed for the second
    .replaceAll(/(X-Amz-(?:Date|Signature)=|"url_expires_at":")[^&"]*/g, '$1')
  return JSON.stringify([status, told.toSorted(([one], [two]) => one < two ? -1 : 1), body])
}
