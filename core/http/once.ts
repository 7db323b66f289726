/** Requests with an Idempotency-Key: the first one acts, its repetitions get the same answer. */
import type { Entry, Once } from '../db/database.ts'
import { type Made, madeBefore } from '../db/once.ts'
import { canonicalJson } from '../audit/record.ts'
import { fault } from '../errors.ts'
import type { Input, Route, SellerCall } from './route.ts'

export interface Idempotency {
  /** The answer that the entry's key has. Throws `idempotency-key-reused`. */
  readonly find: (entry: Entry) => Promise<Made | null>
  /** Keyed, so that nobody who reads the table can guess what a request held. */
  readonly fingerprint: (text: string) => Uint8Array
}

/** A structured string (RFC 9651) in quotes, or bare as most clients send it. */
const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
// without the comma, that joins two headers of one name
const bare = /^[\x21\x23-\x2b\x2d-\x7e]+$/
const maxLength = 255

/** Throws `idempotency-key-missing` when there is none of the right form. */
export const readKey = (headers: Headers): string => {
  const text = headers.get('idempotency-key')?.trim() ?? ''
  const key = bare.test(text) ? text : quoted.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? ''
  if (key === '' || key.length > maxLength) throw fault('idempotency-key-missing')
  return key
}

/**
 * Asks for an earlier answer first, so that slow work is not done again; the transaction of the
 * effect decides between requests that race. The answer to a repetition is the resource as it is
 * now, with the status of the first. Throws when the handler made nothing under its key.
 */
export const handleOnce = async (
  { find, fingerprint }: Idempotency,
  route: Route,
  request: {
    readonly key: string
    readonly path: string
    readonly input: Input
    /** What stands for a body that is a file. */
    readonly print?: unknown
  },
  call: SellerCall,
): Promise<unknown> => {
  const { key, path, input, print = input.body } = request
  let isMade = false
  const once: Once = {
    route: `${route.method.toUpperCase()} ${route.path}`,
    key,
    fingerprint: fingerprint(canonicalJson({ path, query: input.query, body: print })),
    status: route.status ?? (route.answer === undefined ? 204 : 200),
    onMade: () => {
      isMade = true
    },
  }
  const entry = { ...call.entry, once }
  const made = await find(entry) ?? await firstTime(route, input, { ...call, entry })
  if (!('answer' in made)) return await repeat(route, made, call)
  // the next one with this key would act again
  if (!isMade) throw new Error(`Cannot answer ${once.route}: it made nothing under its key`)
  return made.answer
}

const firstTime = async (
  route: Route,
  input: Input,
  call: SellerCall,
): Promise<Made | { readonly answer: unknown }> => {
  try {
    return { answer: await route.handle(input, call) }
  } catch (error) {
    const made = madeBefore(error)
    if (made === undefined) throw error
    return made
  }
}

const repeat = async (route: Route, made: Made, call: SellerCall): Promise<unknown> => {
  call.exchange.isRepeated = true
  return await route.replay?.(made.resourceId, call)
}
