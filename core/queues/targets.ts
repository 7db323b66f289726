/** The targets as they stand in the database. */
import { z } from 'zod'
import type { Target } from '../plugin.ts'

export const targets = [
  'ORDERS',
  'RETURNS',
  'PAYOUTS',
  'INVENTORY',
  'PROCESSING',
] as const satisfies readonly Target[]
export const target: z.ZodType<Target> = z.enum(targets)
