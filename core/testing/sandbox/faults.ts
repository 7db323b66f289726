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
  readonly verbs: Readonly<Record<string, ControlVerb>>
}

/** The verbs `failNext`, `lag` and `shiftPages`, and what is in force. */
export const createFaults = (lagSeconds = 0): Faults => {
  const due = new Map<string, { kind: FaultKind; left: number }[]>()
  let lag = lagSeconds
  let shifts = false

  const next = (operation: string): FaultKind | undefined => {
    const first = due.get(operation)?.[0]
    if (!first) return undefined
    first.left -= 1
    if (first.left === 0) due.get(operation)?.shift()
    return first.kind
  }
  const failNext: ControlVerb = (body) => {
    const { operation, times, kind } = FailNext.parse(body)
    due.set(operation, [...(due.get(operation) ?? []), { kind, left: times }])
    return { operation, times, kind }
  }
  const setLag: ControlVerb = (body) => {
    lag = Lag.parse(body).seconds
    return { seconds: lag }
  }
  const shiftPages: ControlVerb = (body) => {
    shifts = ShiftPages.parse(body).on
    return { on: shifts }
  }
  return {
    next,
    lagMs: () => lag * 1000,
    shiftsPages: () => shifts,
    verbs: { failNext, lag: setLag, shiftPages },
  }
}

const FailNext = z.strictObject({
  operation: z.string(),
  times: z.number().int().min(1).default(1),
  kind: z.enum(faultKinds),
})
const Lag = z.strictObject({ seconds: z.number().min(0) })
const ShiftPages = z.strictObject({ on: z.boolean().default(true) })
