/** What can go wrong between a plugin and its marketplace, and the kind of failure that each one is. */
import { type Failure, type FailureKind, failureOf } from '../../plugin.ts'
import { fail } from './judge.ts'
import { answerOf, type Meddling } from './wire.ts'

/** Stands in bodies that no message may repeat. */
const canary = 'Kanari Devi 98765 43210'
const body = { error: canary, message: canary, errors: [] }

export interface Trouble {
  readonly name: string
  readonly kind: FailureKind
  readonly meddling: Meddling
  readonly retryAfterMs?: number
  /** Of a file, where that is another one. */
  readonly kindOfFile?: FailureKind
}
const status = (code: number, kind: FailureKind): Trouble => ({
  name: `status ${code}`,
  kind,
  meddling: { answer: answerOf(code, body) },
})
const halved: Meddling = {
  change: ({ status, headers, text }) => ({
    ...{ status, headers },
    text: text.slice(0, Math.floor(text.length / 2)),
  }),
}
const strange = (name: string, text: unknown): Trouble => ({
  name,
  kind: 'bad-response',
  meddling: { answer: answerOf(200, text) },
})

/** By the subject of a check. */
export const troubles: Readonly<Record<string, readonly Trouble[]>> = {
  'refused-access': [status(401, 'auth'), status(403, 'auth')],
  'throttled': [
    {
      ...{ name: 'status 429 with Retry-After', kind: 'rate-limit', retryAfterMs: 7000 },
      meddling: { answer: answerOf(429, body, { 'retry-after': '7' }) },
    },
    status(429, 'rate-limit'),
  ],
  'upstream-down': [
    status(500, 'unavailable'),
    status(502, 'unavailable'),
    status(503, 'unavailable'),
    { name: 'a cut connection', kind: 'unavailable', meddling: { cut: true } },
    { name: 'a lost answer', kind: 'unavailable', meddling: { lost: true } },
  ],
  'strange-answers': [
    {
      ...{ name: 'half of the answer', kind: 'bad-response', meddling: halved },
      kindOfFile: 'unavailable',
    },
    strange('a page for people', `<!doctype html><p>${canary}</p>`),
    strange('an empty body', ''),
    strange('null', 'null'),
    strange('a list where an object should be', [canary]),
    strange('an object without members', {}),
    strange('an object of another form', { [canary]: canary, data: { rows: 7 } }),
  ],
  'refused-requests': [status(400, 'rejected'), status(404, 'rejected'), status(422, 'rejected')],
}

export const titles: Readonly<Record<string, string>> = {
  'refused-access': 'Refused access (401, 403) is a failure of the kind auth',
  'throttled': 'A 429 is a failure of the kind rate-limit, and keeps how long to wait',
  'upstream-down': 'A 5xx, a cut connection and a lost answer are of the kind unavailable',
  'strange-answers': 'An answer in another form than the marketplace’s is of the kind bad-response',
  'refused-requests': 'Other 4xx are of the kind rejected',
}

/** The failure of work that has to fail; any other error is a fault of the plugin. */
export const failureIn = async (work: Promise<unknown>, when: string): Promise<Failure> => {
  const failed = await work.then(() => undefined, (error: unknown) => {
    const found = failureOf(error)
    if (found) return found
    const text = error instanceof Error ? error.message : String(error)
    return fail(
      `${when}: wanted a failure of the contract, found the error "${text.slice(0, 100)}"`,
    )
  })
  return failed ?? fail(`${when}: wanted a failure, and there was none`)
}

export const judgeFailure = (found: Failure, { name, kind, retryAfterMs }: Trouble): void => {
  if (found.kind !== kind) fail(`${name}: wanted ${kind}, found ${found.kind}`)
  if (found.message.trim() === '') fail(`${name}: the failure has no message`)
  if (JSON.stringify([found.message, found.code]).includes(canary)) {
    fail(`${name}: the failure repeats what the marketplace has answered`)
  }
  if (retryAfterMs !== undefined && found.retryAfterMs !== retryAfterMs) {
    fail(`${name}: wanted a wait of ${retryAfterMs} ms, found ${found.retryAfterMs}`)
  }
}
