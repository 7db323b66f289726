/** In the plugin's process: questions to the host, each of one call, and the host's answers. */
import { errorOf, type ToChild, type ToParent, type WireError, wireError } from './frames.ts'
import { decode, encode } from './values.ts'

export interface Ask {
  (call: number, what: string, ...args: readonly unknown[]): Promise<unknown>
}
export interface ChildPeer {
  readonly ask: Ask
  readonly answered: (frame: Extract<ToChild, { t: 'answer' }>) => void
  /** What an error is called on the way out: one of the host's by its number. */
  readonly told: (error: unknown) => WireError
  readonly thrown: (error: WireError) => Error
}

export const createChildPeer = (send: (frame: ToParent) => void): ChildPeer => {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const refs = new WeakMap<Error, number>()
  let next = 1
  const thrown = (wire: WireError): Error => {
    const error = errorOf(wire)
    if (wire.ref !== undefined) refs.set(error, wire.ref)
    return error
  }
  return {
    thrown,
    told: (error) => {
      const ref = error instanceof Error ? refs.get(error) : undefined
      return { ...wireError(error), ...ref === undefined ? {} : { ref } }
    },
    ask: (call, what, ...args) => {
      const id = next++
      const answer = Promise.withResolvers<unknown>()
      const asked: ToParent = { t: 'ask', id, call, what, args: encode(args) }
      waiting.set(id, answer)
      send(asked)
      return answer.promise
    },
    answered: (frame) => {
      const answer = waiting.get(frame.id)
      waiting.delete(frame.id)
      if ('error' in frame) {
        const error = thrown(frame.error)
        if (frame.error.refusal) refusals.set(error, frame.error.refusal)
        answer?.reject(error)
      } else answer?.resolve(decode(frame.value))
    },
  }
}

const refusals = new WeakMap<Error, NonNullable<WireError['refusal']>>()

/** What the marketplace answered, of an error that says that it refused. */
export const refusalOf = (error: unknown) =>
  error instanceof Error ? refusals.get(error) : undefined
