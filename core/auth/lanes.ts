/** Counts of tries that all processes share, in the database that sign-in needs anyhow. */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { bytesArray, int4Array } from '../db/arrays.ts'
import type { Database } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'

export interface Lane {
  readonly name: string
  /** Whose lane of this name it is: an address of the network, of a person, a device. */
  readonly of: string
  /** No more tries than this lie within `windowMs` of each other. */
  readonly limit: number
  readonly windowMs: number
  /** How exact the times of tries are kept; 0, for lanes of few tries, is to the millisecond. */
  readonly stepMs?: number
}
export interface Lanes {
  /** Counts a try in every lane and gives null; or counts nothing, and gives the seconds to wait. */
  readonly take: (lanes: readonly Lane[]) => Promise<number | null>
  /** Forgets all tries of the first lanes, and the last try of the others. */
  readonly giveBack: (forget: readonly Lane[], last: readonly Lane[]) => Promise<void>
}

const waiting = z.object({ seconds: z.number().nullable() })

/** `key` (32 bytes, the same in all processes) hides what lanes are of: digests cannot be guessed. */
export const createLanes = ({ db, key, now }: {
  readonly db: Pick<Database, 'gate'>
  readonly key: Uint8Array
  readonly now: () => Date
}): Lanes => {
  const keyOf = ({ name, of }: Lane): Uint8Array =>
    createHmac('sha256', key).update(`${name.length}:${name}${of}`).digest().subarray(0, 16)
  return {
    take: async (lanes) => {
      const keys = bytesArray(lanes.map(keyOf))
      const limits = int4Array(lanes.map(({ limit }) => limit))
      const windows = int4Array(lanes.map(({ windowMs }) => windowMs))
      const steps = int4Array(lanes.map(({ stepMs }) => stepMs ?? 0))
      const { seconds } = await db.gate.one(sql.type(waiting)`
        select auth_try(${keys}::bytea[], ${limits}::int4[], ${windows}::int4[], ${steps}::int4[],
          ${now().toISOString()}) as seconds`)
      return seconds === null ? null : Math.max(1, Math.ceil(seconds))
    },
    giveBack: async (forget, last) => {
      await db.gate.run(command`
        select auth_untry(${bytesArray(forget.map(keyOf))}::bytea[],
          ${bytesArray(last.map(keyOf))}::bytea[])`)
    },
  }
}
