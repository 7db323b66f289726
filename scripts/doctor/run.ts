/** Runs checks: all at once, each by itself, none longer than its time. */
import { type Check, type Get, isNothingToSee, leftOut, type Outcome, warning } from './check.ts'
import type { Facts } from './facts.ts'
import type { Readers } from './readers.ts'

export type Result = Pick<Check, 'code' | 'area' | 'title' | 'meaning' | 'fix'> & Outcome

/** For all that a check needs; what was read for one is there for all. */
const limitMs = 20_000

/** Reads each of the facts once, whoever asks for it and how often. */
export const createGet = (readers: Readers, lateMs = limitMs): Get => {
  const read = new Map<keyof Facts, Promise<unknown>>()
  const get: Get = async (name) => {
    const known = read.get(name)
    if (known !== undefined) return await known as Facts[typeof name]
    // a reader that throws at once has its place in the map as well
    const reading = inTime(Promise.resolve().then(() => readers[name](get)), lateMs)
    reading.catch(() => {})
    read.set(name, reading)
    return await reading as Facts[typeof name]
  }
  return get
}

const inTime = async <T>(work: Promise<T>, lateMs: number): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), lateMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What could not be looked at is no fault, and not well either. */
const run = async (check: Check, get: Get): Promise<Outcome> => {
  try {
    return await check.run(get)
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return isNothingToSee(error)
      ? leftOut(error.message)
      : warning(`it could not be looked at: ${why}`)
  }
}

export const runChecks = (checks: readonly Check[], get: Get): Promise<readonly Result[]> =>
  Promise.all(checks.map(async (check) => {
    const { code, area, title, meaning, fix } = check
    return { code, area, title, meaning, fix, ...await run(check, get) }
  }))
