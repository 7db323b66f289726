/** The targets as they stand in the database. */
import { z } from 'zod'
import { type Target, targets } from '../plugin.ts'

export const target: z.ZodType<Target> = z.enum(targets)

/** What a work item can be for: what adapters do, and what the house does around it. */
export const workTargets = [
  ...targets,
  /** Holds and stock levels after new orders. */
  'STOCK',
  /** Documents that the marketplace makes later. */
  'DOCUMENTS',
  /** A file that was uploaded. */
  'IMPORT',
  /** Whether the marketplace still takes the account's credentials. */
  'SESSION',
  /** What a plugin put into a queue of its own; it has no run. */
  'JOB',
] as const
export type WorkTarget = (typeof workTargets)[number]
export const workTarget: z.ZodType<WorkTarget> = z.enum(workTargets)
/** Of a work item with an account and a run. */
export type RunTarget = Exclude<WorkTarget, 'JOB'>
export const runTargets = workTargets.filter((target) => target !== 'JOB')
