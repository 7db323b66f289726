/** The control plane: what a test or a person may do to a running sandbox. */
import { z } from 'zod'
import { type Absent, isAbsent, sameVerb } from './moves.ts'
import type { SandboxAnswer } from './routes.ts'

/** One verb of the control plane: takes a JSON body of its form, gives a JSON answer. */
export interface ControlVerb {
  /** Checks the body; throws what its caller should read. */
  (body: unknown): unknown
  /** What it does, as a part of a sentence. */
  readonly summary: string
  /** Strict: a member that it does not know is refused. */
  readonly body: z.ZodType
}

/** `run` gets the body as the schema gives it, with the defaults of what was left out. */
export const controlVerb = <Body>(
  summary: string,
  body: z.ZodType<Body>,
  run: (body: Body) => unknown,
): ControlVerb =>
  // not async: a verb that is done at once is done when the call comes back
  Object.assign((given: unknown) => run(body.parse(given ?? {})), { summary, body })

/** A body without members. */
export const nothing: z.ZodType<Record<string, never>> = z.strictObject({})

export type Verbs = Readonly<Record<string, ControlVerb | Absent>>

/** Runs the verb that `/_control/<verb>` names; `/_control` alone tells all of them with their forms. */
export const control = async (
  verbs: Verbs,
  method: string,
  url: URL,
  body: string,
): Promise<SandboxAnswer> => {
  const name = url.pathname.slice('/_control/'.length)
  if (name === '') return { status: 200, body: listOf(verbs) }
  const own = sameVerb(name)
  const verb = Object.hasOwn(verbs, own) ? verbs[own] : undefined
  if (!verb) return { status: 404, body: { error: `no verb "${name}"` } }
  if (isAbsent(verb)) return { status: 501, body: { error: `no verb "${name}": ${verb.absent}` } }
  if (method !== 'POST') return { status: 405, body: { error: 'verbs are called by POST' } }
  try {
    return { status: 200, body: await verb(body === '' ? {} : JSON.parse(body)) ?? {} }
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    return { status: 400, body: { error: message } }
  }
}

/** Names in order; each with what it does and the JSON schema of its body. */
const listOf = (verbs: Verbs): object => {
  const all = Object.entries(verbs).toSorted(([a], [b]) => a < b ? -1 : 1)
  return {
    verbs: Object.fromEntries(
      all.flatMap(([name, verb]) =>
        isAbsent(verb)
          ? []
          : [[name, { summary: verb.summary, body: z.toJSONSchema(verb.body, { io: 'input' }) }]]
      ),
    ),
    absent: Object.fromEntries(
      all.flatMap(([name, verb]) => isAbsent(verb) ? [[name, verb.absent]] : []),
    ),
  }
}
