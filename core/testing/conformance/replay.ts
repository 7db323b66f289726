/** Answers of a run that was made before, given again without the sandbox: quick, and without a socket. */
import type { RawAnswer } from '../answers.ts'
import type { Intercept, KitRequest } from './wire.ts'

const keyOf = ({ method, url, body = '' }: KitRequest): string => `${method} ${url.href} ${body}`

/** `change` may spoil an answer on its way; unknown requests are cut. */
export const replaying = (
  requests: readonly KitRequest[],
  change: (answer: RawAnswer, request: KitRequest) => RawAnswer = (answer) => answer,
): Intercept => {
  const answers = new Map<string, RawAnswer[]>()
  for (const request of requests) {
    if (!request.answer) continue
    answers.set(keyOf(request), [...(answers.get(keyOf(request)) ?? []), request.answer])
  }
  return (request) => {
    const [first, ...rest] = answers.get(keyOf(request)) ?? []
    if (!first) return { cut: true }
    // the last one stays, for whoever asks again
    if (rest.length > 0) answers.set(keyOf(request), rest)
    return { answer: change(first, request) }
  }
}
