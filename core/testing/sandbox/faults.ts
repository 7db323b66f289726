/** What can be made to go wrong in a sandbox, by verbs of its control plane. */
import { z } from 'zod'
import type { ControlVerb } from './control.ts'

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

/** The verbs `failNext`, `lag`, `shiftPages`, `duplicateNextPush`, `reorderPushes`. */
export const createFaults = (lagSeconds = 0): Faults => {
  const due = new Map<string, { kind: FaultKind; left: number; spared: number }[]>()
  const twice = new Map<string, number>()
  let lag = lagSeconds
  let shifts = false
  let reorders = false

  const next = (operation: string): FaultKind | undefined => {
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
  const failNext: ControlVerb = (body) => {
    const { operation, times, kind, after } = FailNext.parse(body)
    due.set(operation, [...(due.get(operation) ?? []), { kind, left: times, spared: after }])
    return { operation, times, kind, after }
  }
  const setLag: ControlVerb = (body) => {
    lag = Lag.parse(body).seconds
    return { seconds: lag }
  }
  const shiftPages: ControlVerb = (body) => {
    shifts = ShiftPages.parse(body).on
    return { on: shifts }
  }
  const duplicateNextPush: ControlVerb = (body) => {
    const { operation, times } = Duplicate.parse(body)
    twice.set(operation, (twice.get(operation) ?? 0) + times)
    return { operation, times }
  }
  const reorderPushes: ControlVerb = (body) => {
    reorders = Reorder.parse(body).on
    return { on: reorders }
  }
  const pushed = <T>(operation: string, rows: readonly T[]): readonly T[] => {
    const left = twice.get(operation) ?? 0
    // an answer without rows leaves the duplicate for one that has some
    const doubled = left > 0 && rows.length > 0 ? rows.flatMap((row) => [row, row]) : rows
    if (doubled !== rows) twice.set(operation, left - 1)
    return reorders ? doubled.toReversed() : doubled
  }
  return {
    next,
    lagMs: () => lag * 1000,
    shiftsPages: () => shifts,
    pushed,
    verbs: { failNext, lag: setLag, shiftPages, duplicateNextPush, reorderPushes },
  }
}

const FailNext = z.strictObject({
  operation: z.string(),
  times: z.number().int().min(1).default(1),
  kind: z.enum(faultKinds),
  /** So many requests are answered first. */
  after: z.number().int().min(0).default(0),
})
const Lag = z.strictObject({ seconds: z.number().min(0) })
const ShiftPages = z.strictObject({ on: z.boolean().default(true) })
const Duplicate = z.strictObject({
  operation: z.string(),
  times: z.number().int().min(1).default(1),
})
const Reorder = z.strictObject({ on: z.boolean().default(true) })
