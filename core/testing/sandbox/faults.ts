/** What can be made to go wrong in a sandbox, by verbs of its control plane. */
import { z } from 'zod'
import { type ControlVerb, controlVerb } from './control.ts'
import { hashOf, randomFor } from './random.ts'

export const faultKinds = ['429', '500', '503', 'timeout-after-commit', 'truncated-body'] as const
/**
 * `timeout-after-commit`: the work is done and the answer is lost. `truncated-body`: half of the
 * answer comes. The others refuse before anything is done.
 */
export type FaultKind = (typeof faultKinds)[number]

export interface Faults {
  /** The fault for this request, if one is due; asking uses it up. */
  readonly next: (operation: string) => FaultKind | undefined
  /** How long a change stays unseen by reads. */
  readonly lagMs: () => number
  /** True: pages are cut by position, so a change between two pages shifts the next one. */
  readonly shiftsPages: () => boolean
  /**
   * What the upstream is about to tell, as the verbs want it told: twice, or in another order. For
   * an upstream that is only asked and never calls by itself, these are the rows of a page.
   */
  readonly pushed: <T>(operation: string, rows: readonly T[]) => readonly T[]
  readonly verbs: Readonly<Record<string, ControlVerb>>
}

/**
 * The verbs `failNext`, `timeoutAfterCommit`, `chaos`, `lag`, `shiftPages`, `duplicateNextPush` and
 * `reorderPushes`.
 */
export const createFaults = (lagSeconds = 0): Faults => {
  const due = new Map<string, { kind: FaultKind; left: number; spared: number }[]>()
  const twice = new Map<string, number>()
  let lag = lagSeconds
  let shifts = false
  let reorders = false
  let chaos = calm

  const nextOrdered = (operation: string): FaultKind | undefined => {
    const first = due.get(operation)?.[0]
    if (!first) return undefined
    if (first.spared > 0) {
      first.spared -= 1
      return undefined
    }
    first.left -= 1
    if (first.left === 0) due.get(operation)?.shift()
    return first.kind
  }
  const fail = ({ operation, times, kind, after }: z.infer<typeof FailNext>) => {
    due.set(operation, [...(due.get(operation) ?? []), { kind, left: times, spared: after }])
    return { operation, times, kind, after }
  }
  const pushed = <T>(operation: string, rows: readonly T[]): readonly T[] => {
    const left = twice.get(operation) ?? 0
    // an answer without rows leaves the duplicate for one that has some
    const doubled = left > 0 && rows.length > 0 ? rows.flatMap((row) => [row, row]) : rows
    if (doubled !== rows) twice.set(operation, left - 1)
    return reorders ? doubled.toReversed() : doubled
  }
  return {
    next: (operation) => nextOrdered(operation) ?? chaos(operation),
    lagMs: () => lag * 1000,
    shiftsPages: () => shifts,
    pushed,
    verbs: {
      failNext: controlVerb('the next requests of an operation fail', FailNext, fail),
      timeoutAfterCommit: controlVerb(
        'the next requests of an operation are done, and their answers are lost',
        TimeoutAfterCommit,
        (body) => fail({ ...body, kind: 'timeout-after-commit' }),
      ),
      chaos: controlVerb(
        'requests fail by chance, the same ones for the same seed; rate 0 ends it',
        Chaos,
        (body) => {
          chaos = chaosOf(body)
          return body
        },
      ),
      lag: controlVerb('how long a change stays unseen by reads', Lag, ({ seconds }) => {
        lag = seconds
        return { seconds }
      }),
      shiftPages: controlVerb('pages are cut by position', Switch, ({ on }) => {
        shifts = on
        return { on }
      }),
      duplicateNextPush: controlVerb(
        'the next answers that have rows tell each of them twice',
        Duplicate,
        ({ operation, times }) => {
          twice.set(operation, (twice.get(operation) ?? 0) + times)
          return { operation, times }
        },
      ),
      reorderPushes: controlVerb('rows are told in the reverse order', Switch, ({ on }) => {
        reorders = on
        return { on }
      }),
    },
  }
}

const calm = (_operation: string): FaultKind | undefined => undefined

/** What happens to the n-th request of an operation does not depend on the other operations. */
const chaosOf = ({ seed, rate, kinds, operations }: z.infer<typeof Chaos>): typeof calm => {
  const asked = new Map<string, number>()
  return (operation) => {
    if (operations && !operations.includes(operation)) return undefined
    const number = (asked.get(operation) ?? 0) + 1
    asked.set(operation, number)
    const random = randomFor(hashOf(seed, 'chaos'), `${operation}/${number}`)
    return random.chance(rate) ? random.pick(kinds) : undefined
  }
}

const turn = {
  operation: z.string(),
  times: z.number().int().min(1).default(1),
  /** So many requests are answered first. */
  after: z.number().int().min(0).default(0),
}
const FailNext = z.strictObject({ ...turn, kind: z.enum(faultKinds) })
const TimeoutAfterCommit = z.strictObject(turn)
const Chaos = z.strictObject({
  seed: z.number().int(),
  /** Of each request to fail, from 0 to 1. */
  rate: z.number().min(0).max(1),
  kinds: z.array(z.enum(faultKinds)).min(1).default([...faultKinds]),
  /** Absent: all. */
  operations: z.array(z.string()).optional(),
})
const Lag = z.strictObject({ seconds: z.number().min(0) })
const Switch = z.strictObject({ on: z.boolean().default(true) })
const Duplicate = z.strictObject({ operation: turn.operation, times: turn.times })
