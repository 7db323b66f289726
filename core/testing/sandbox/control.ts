/** The control plane: what a test or a person may do to a running sandbox. */
import { z } from 'zod'
import type { SandboxAnswer } from './routes.ts'

/** One verb of the control plane: takes a JSON body, gives a JSON answer. */
export type ControlVerb = (body: unknown) => unknown

/** Runs the verb that `/_control/<verb>` names; `/_control` alone lists them. */
export const control = async (
  verbs: Readonly<Record<string, ControlVerb>>,
  method: string,
  url: URL,
  body: string,
): Promise<SandboxAnswer> => {
  const name = url.pathname.slice('/_control/'.length)
  if (name === '') return { status: 200, body: { verbs: Object.keys(verbs).sort() } }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (!verb) return { status: 404, body: { error: `no verb "${name}"` } }
  if (method !== 'POST') return { status: 405, body: { error: 'verbs are called by POST' } }
  try {
    return { status: 200, body: await verb(body === '' ? {} : JSON.parse(body)) ?? {} }
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    return { status: 400, body: { error: message } }
  }
}
