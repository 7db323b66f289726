/** What a seller sends to connect an account: parsed by the plugin's schemas, tried at the marketplace. */
import { fault, type FieldFault } from '../errors.ts'
import {
  type Account,
  type Context,
  failure,
  failureOf,
  type Marketplace,
  type Schema,
} from '../plugin.ts'
import { createOutbound } from './outbound.ts'
import type { Upstream } from './upstream.ts'

/** What asking a marketplace takes before there is an account. */
export interface VerifyDeps {
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly configOf: (pluginId: string) => unknown
  readonly fetch: typeof fetch
}

export interface ConnectInput {
  readonly marketplace: string
  readonly external_account_id: string
  readonly name: string
  readonly details: unknown
  readonly credentials: unknown
}
export interface ParsedConnect {
  readonly externalAccountId: string
  readonly details: unknown
  readonly credentials: unknown
}

/** Throws `invalid-request` with a pointer to each member that does not fit. */
export const parseConnect = async (
  marketplace: Marketplace,
  input: ConnectInput,
): Promise<ParsedConnect> => {
  const [details, credentials] = await Promise.all([
    parse(marketplace.details, input.details, '/details'),
    parse(marketplace.credentials, input.credentials, '/credentials'),
  ])
  const errors = [...details.errors, ...credentials.errors]
  if (errors.length > 0) throw fault('invalid-request', { errors })
  return {
    externalAccountId: input.external_account_id,
    details: details.value,
    credentials: credentials.value,
  }
}

const parse = async (
  schema: Schema,
  value: unknown,
  pointer: string,
): Promise<{ readonly value?: unknown; readonly errors: readonly FieldFault[] }> => {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return { value: result.value, errors: [] }
  const errors = result.issues.map((issue) => {
    const path = (issue.path ?? []).map((part) =>
      String(typeof part === 'object' ? part.key : part).replaceAll('~', '~0').replaceAll('/', '~1')
    )
    return { pointer: [pointer, ...path].join('/'), message: 'does not have the expected form' }
  })
  return { errors }
}

/** Asks the marketplace before anything is stored. Throws `credentials-refused`, `marketplace-unavailable`. */
export const checkCredentials = async (
  deps: VerifyDeps,
  marketplace: Marketplace,
  account: Account<unknown, unknown>,
): Promise<void> => {
  try {
    await marketplace.adapter.verify(account, verifyContext(deps, marketplace))
  } catch (error) {
    const kind = failureOf(error)?.kind
    if (kind === 'auth' || kind === 'rejected') throw fault('credentials-refused', { cause: error })
    const late = error instanceof Error && error.name === 'TimeoutError'
    if (kind || late) {
      throw fault('marketplace-unavailable', { cause: error, retryAfterSeconds: 60 })
    }
    throw error
  }
}

/** A person waits for the answer. */
const verifyLimitMs = 20_000

const verifyContext = (deps: VerifyDeps, marketplace: Marketplace): Context => {
  const upstream = deps.upstreamOf(marketplace.id)
  const signal = AbortSignal.timeout(verifyLimitMs)
  return {
    config: deps.configOf(marketplace.id),
    key: crypto.randomUUID(),
    signal,
    now: upstream.now,
    log: () => {},
    http: createOutbound({ marketplace, upstream, fetch: deps.fetch, signal }),
    download: () => Promise.reject(failure('rejected', 'Nothing is downloaded to verify')),
    table: () => Promise.reject(failure('rejected', 'No file is read to verify')),
  }
}
