/** Replaying: a context that answers from a cassette, and fails on what was never asked. */
import { type Account, failure, type HttpInit, type TableAsk } from '../../plugin.ts'
import { type FakeContext, fakeContext, type FakeOptions, type FakeRequest } from '../fakes.ts'
import { type Cassette, type Exchange, inOrder } from './cassette.ts'
import { partsOf, readRequest } from './record.ts'
import { tableOf } from './tables.ts'

export interface ReplayOptions extends Omit<FakeOptions, 'hosts'> {
  /** True: requests may come in any order; otherwise in that of the cassette. */
  readonly anyOrder?: boolean
}
export interface ReplayContext extends FakeContext {
  /** Recorded, and not asked for. */
  readonly unused: () => readonly Exchange[]
}

/** The account that the cassette was recorded with; its secrets are invented ones. */
export const accountOf = ({ account }: Cassette): Account<unknown, unknown> => ({
  id: 'account',
  externalAccountId: account.externalAccountId,
  details: account.details,
  credentials: account.credentials,
})

/** Every exchange answers once. What is unknown throws a plain error that names what differs. */
export const replayContext = (cassette: Cassette, options: ReplayOptions = {}): ReplayContext => {
  const { anyOrder = false, ...rest } = options
  const left = [...cassette.exchanges]

  const placeOf = (asked: Exchange['request']): number => {
    const isIt = ({ request }: Exchange) => differences(request, asked).length === 0
    if (anyOrder) return left.findIndex(isIt)
    return left[0] && isIt(left[0]) ? 0 : -1
  }
  const take = (asked: Exchange['request']): Exchange => {
    const at = placeOf(asked)
    const [found] = at < 0 ? [] : left.splice(at, 1)
    if (found) return found
    throw Object.assign(new Error(unknownRequest(asked, left, anyOrder)), {
      name: 'UnknownRequest',
    })
  }
  const answerOf = (request: FakeRequest) => {
    const { status, headers, body, broken } = take(partsOf(request)).answer
    if (status === 0) throw new Error('no answer was recorded')
    return { status, headers, body: broken ? '{"cut' : body ?? undefined }
  }
  const context = fakeContext({
    config: cassette.config ?? undefined,
    ...rest,
    hosts: [...new Set(cassette.exchanges.map(({ request }) => request.host))],
    now: () => new Date(left[0]?.at ?? cassette.end),
    respond: answerOf,
  })
  return {
    ...context,
    download: (url: string, init: HttpInit = {}) =>
      Promise.resolve().then(() => {
        const { document } = take(readRequest(url, init)).answer
        if (!document) throw failure('unavailable', 'No document was recorded')
        return { ...document, sha256: '0'.repeat(64), storageKey: 'cassette' }
      }),
    table: async (url: string, ask: TableAsk, init: HttpInit = {}) => {
      const asked = readRequest(url, init)
      // what was refused, and what never came, is told as any answer is
      if (!left[placeOf(asked)]?.answer.table) return await context.table(url, ask, init)
      const { body } = take(asked).answer
      return body === null ? null : tableOf(body)
    },
    unused: () => [...left],
  }
}

/** Headers do not count: they carry the sign-in, and versions of the plugin. */
const differences = (
  recorded: Exchange['request'],
  asked: Exchange['request'],
): readonly string[] => {
  const found = (['method', 'host', 'path'] as const)
    .filter((part) => recorded[part] !== asked[part])
    .map((part) => `${part} is "${asked[part]}", recorded "${recorded[part]}"`)
  const names = new Set([...Object.keys(recorded.query), ...Object.keys(asked.query)])
  for (const name of names) {
    const [was, is] = [recorded.query[name], asked.query[name]]
    if (was !== is) found.push(`query ${name} is "${is ?? ''}", recorded "${was ?? ''}"`)
  }
  const bodies = [recorded.body, asked.body].map((body) => JSON.stringify(inOrder(body)))
  if (bodies[0] !== bodies[1]) found.push('the body is another one')
  return found
}

const unknownRequest = (
  asked: Exchange['request'],
  left: readonly Exchange[],
  anyOrder: boolean,
): string => {
  const name = `${asked.method} https://${asked.host}${asked.path}`
  const near = (anyOrder ? left : left.slice(0, 1))
    .map(({ request }) => differences(request, asked))
    .toSorted((a, b) => a.length - b.length)[0]
  return near === undefined
    ? `The cassette has no more answers, and was asked for ${name}`
    : `The cassette does not know ${name}: ${near.join('; ')}`
}
