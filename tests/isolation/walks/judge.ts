/** Says what is wrong with an answer: whatever in it is another seller's. */
import type { Answer } from '../clients.ts'
import { sellersIn, uuidsIn } from '../marks.ts'
import { type Call, some } from './calls.ts'
import type { Model } from './model.ts'

/** An id that nobody knows yet, and the sellers whose row it may be. */
export interface Claim {
  readonly id: string
  readonly allowed: ReadonlySet<number>
  readonly where: string
}
export interface Judged {
  readonly faults: readonly string[]
  readonly claims: readonly Claim[]
  readonly ids: number
}

export const judge = (
  { model, secrets }: { readonly model: Model; readonly secrets: readonly string[] },
  call: Call,
  answer: Answer,
): Judged => {
  const { route, allowed, foreign } = call
  const isGood = answer.status < 400
  const faults: string[] = []
  const claims: Claim[] = []
  const said = saidIn(answer)

  for (const seller of sellersIn(said)) {
    // sources of tests are among the documents, and name shops that nobody has
    if (!model.parties.some(({ number }) => number === seller)) continue
    if (!allowed.has(seller)) faults.push(`a text of seller ${seller}`)
    else if (!isGood) faults.push('a text of the request in a refusal')
  }
  const ids = route.row.sees === 'nobody' ? [] : uuidsIn(said)
  for (const id of new Set(ids)) {
    const owners = model.ownersOf(id)
    if (!owners) claims.push({ id, allowed, where: nameOf(call) })
    else if (owners.size > 0 && !some(owners, allowed)) {
      faults.push(`the id ${id} of seller ${[...owners].join()}: ${around(said, id)}`)
    }
  }
  for (const secret of secrets) if (said.includes(secret)) faults.push('a secret')
  if (answer.status >= 500) faults.push(`the answer is ${answer.status}`)
  // what names another's row is refused, or finds nothing
  if (foreign.length > 0 && isGood && !isEmptyList(answer)) {
    faults.push(`${answer.status} although ${foreign.join()} is another seller's`)
  }
  return { faults, claims, ids: ids.length }
}

/** For people: who asked what. */
export const nameOf = ({ actor, request }: Call): string =>
  `${actor.name}: ${request.method} ${request.path}` +
  (request.body === undefined ? '' : ` ${JSON.stringify(request.body)}`)

const around = (said: string, id: string): string => {
  const at = said.indexOf(id)
  return `…${said.slice(Math.max(0, at - 400), at + 300)}…`
}

/** Body and headers, without what names the request itself. */
const saidIn = ({ headers, text }: Answer): string => {
  const told = [...headers].filter(([name]) => !own.has(name)).map((pair) => pair.join(': '))
  return `${told.join('\n')}\n${text.replace(/"instance":"urn:uuid:[0-9a-f-]{36}"/, '')}`
}
// the session's own cookie is a secret that comes by a header
const own = new Set(['x-request-id', 'date', 'set-cookie'])

const isEmptyList = ({ status, text, headers }: Answer): boolean => {
  if (status === 204) return false
  // an export goes on with what it says of itself, and of the digests
  if (headers.get('content-type')?.includes('ndjson')) return !text.includes('"type":"event"')
  const parsed = JSON.parse(text)
  return Array.isArray(parsed.data) && parsed.data.length === 0
}
