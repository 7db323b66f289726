/** Requests that are refused, with a text in every place that takes one: nothing may keep it. */
import type { Answer, Ask } from '../isolation/clients.ts'

/** In paths, queries, headers and members of bodies. */
export const refusedText = 'Zqrefused-9081726354'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema } | undefined>>
  }
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** How many requests; every one that changes something is refused, or this throws. */
export const sendRefused = async (asks: readonly Ask[]): Promise<number> => {
  const [first] = asks
  if (!first) throw new Error('Nobody asks')
  const document: Document = JSON.parse((await first('GET', '/openapi.json')).text)
  let sent = 0
  const send = async (...asked: Parameters<Ask>): Promise<void> => {
    for (const ask of asks) {
      const answer = await ask(...asked)
      sent++
      if (asked[0] !== 'GET') assertRefused(asked, answer)
    }
  }
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [name, operation] of Object.entries(operations)) {
      const method = name.toUpperCase()
      const filled = path.replaceAll(/\{\w+\}/g, refusedText)
      const schema = operation.requestBody?.content['application/json']?.schema
      const query = (operation.parameters ?? []).filter((one) => one.in === 'query')
        .map((one) => `${one.name}=${refusedText}`)
      if (method === 'GET') {
        await send(method, filled)
        for (const one of query) await send(method, `${filled}?${one}`)
      } else if (schema) {
        const body = textsOf(document, schema)
        await send(method, filled, { ...body as object, [refusedText]: refusedText })
      } else if (filled !== path) {
        await send(method, filled)
      }
    }
  }
  for (const headers of headerSets) {
    await send('POST', '/v1/invitations', { [refusedText]: refusedText }, headers)
    await send('GET', '/v1/orders', undefined, headers)
  }
  await send('POST', `/${refusedText}`, { [refusedText]: refusedText })
  await send('PUT', '/v1/orders', { [refusedText]: refusedText })
  await send('POST', '/v1/auth/login', refusedText.repeat(100_000))
  return sent
}

const assertRefused = ([method, path]: Parameters<Ask>, { status }: Answer): void => {
  if (status < 400) throw new Error(`${method} ${path} was not refused, but answered ${status}`)
}

const headerSets: readonly Readonly<Record<string, string>>[] = [
  { authorization: `Bearer ${refusedText}` },
  { authorization: refusedText },
  { cookie: `__Host-robnu=${refusedText}; __Host-robnu-refresh=${refusedText}` },
  { cookie: `__Host-robnu-staff=${refusedText}`, 'x-robnu-impersonation': refusedText },
  { 'idempotency-key': `${refusedText}-key` },
  { 'user-agent': refusedText, referer: `https://${refusedText}.example/` },
  { origin: `https://${refusedText.toLowerCase()}.example` },
  { 'x-request-id': refusedText, traceparent: refusedText, 'x-forwarded-for': refusedText },
  { 'content-type': `text/${refusedText}` },
]

/** The text wherever a text may stand. */
const textsOf = (document: Document, { $ref, ...schema }: Schema): unknown => {
  const named = $ref === undefined
    ? undefined
    : document.components.schemas[$ref.split('/').at(-1) ?? '']
  if (named) return textsOf(document, named)
  const [shape] = [...schema.anyOf ?? [], ...schema.oneOf ?? []]
  if (shape) return textsOf(document, shape)
  if (schema.items) return [textsOf(document, schema.items)]
  if (!schema.properties) return refusedText
  return Object.fromEntries(
    Object.entries(schema.properties).map(([name, one]) => [name, textsOf(document, one)]),
  )
}
