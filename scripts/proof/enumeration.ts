/**
 * Whether the time of an answer tells who has an account: known and unknown addresses by turns drawn
 * at random, 500 of each, for every route that is asked with an address. The measure is the AUC: how
 * often an answer for a known one takes longer than one for an unknown one; 0.5 tells nothing. Of so
 * many answers it leaves the limit by chance once in some 150 times: what does is measured once more.
 */
import { randomInt } from 'node:crypto'
import process from 'node:process'
import { newId } from '#core/ids.ts'
import type { Proof } from '../proof.ts'
import { openSignInLab, type SignInLab } from './support/sign-in-lab.ts'

const each = 500
const warmUp = 60
const limit = 0.55
const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Ask {
  readonly path: string
  readonly body: (email: string) => unknown
  readonly status: number
}
const asks: Readonly<Record<string, Ask>> = {
  login: {
    path: '/v1/auth/login',
    body: (email) => ({ email, password: 'a wrong password' }),
    status: 401,
  },
  forgot: {
    path: '/v1/auth/password/forgot',
    body: (email) => ({ email }),
    status: 202,
  },
  'sign-up': {
    path: '/v1/auth/sign-up',
    body: (email) => ({ email, seller_name: 'A new shop' }),
    status: 202,
  },
}

export const run = async (): Promise<Proof> => {
  const lab = await openSignInLab()
  try {
    const figures: Record<string, unknown> = {}
    const failed: string[] = []
    for (const [name, ask] of Object.entries(asks)) {
      let found = await measure(lab, ask)
      say(`  ${name}: ${JSON.stringify(found)}`)
      if (isOut(found)) {
        found = await measure(lab, ask)
        say(`  ${name}, once more: ${JSON.stringify(found)}`)
      }
      figures[name] = found
      if (isOut(found)) failed.push(name)
    }
    if (failed.length > 0) throw new Error(`Not proved: the time tells by ${failed.join(', ')}`)
    return { name: 'enumeration', figures: { each, ...figures } }
  } finally {
    await lab.close()
  }
}

const isOut = ({ auc }: { readonly auc: number }): boolean => Math.abs(auc - 0.5) > limit - 0.5

const measure = async (lab: SignInLab, ask: Ask) => {
  const known = await lab.makePeople(each + warmUp)
  const unknown = known.map(() => `${newId()}@known.example`)
  let source = 0
  const shapes = new Set<string>()
  const timed = async (email: string): Promise<number> => {
    const began = performance.now()
    const answer = await lab.post(ask.path, ask.body(email), source++)
    const text = await answer.text()
    const took = performance.now() - began
    if (answer.status !== ask.status) throw new Error(`${ask.path} answered ${answer.status}`)
    shapes.add(shapeOf(answer, text))
    return took
  }
  for (let at = 0; at < warmUp; at++) {
    await timed(known[each + at] ?? '')
    await timed(unknown[each + at] ?? '')
  }
  const order = shuffled(
    known.slice(0, each).flatMap((email, at) => [
      { email, isKnown: true },
      { email: unknown[at] ?? '', isKnown: false },
    ]),
  )
  const times = { known: [] as number[], unknown: [] as number[] }
  for (const { email, isKnown } of order) {
    times[isKnown ? 'known' : 'unknown'].push(await timed(email))
  }
  if (shapes.size !== 1) throw new Error(`${ask.path} has ${shapes.size} different answers`)
  return {
    auc: Math.round(aucOf(times.known, times.unknown) * 1000) / 1000,
    knownMs: median(times.known),
    unknownMs: median(times.unknown),
    answers: order.length,
  }
}

/** Status, headers and body, but for what is each answer's own. */
const shapeOf = (answer: Response, text: string): string => {
  const own = ['x-request-id', 'date', 'ratelimit']
  const headers = [...answer.headers].filter(([name]) => !own.includes(name))
  return JSON.stringify([answer.status, headers, text.replace(/"urn:uuid:[^"]+"/, '')])
}

/** By the sum of ranks (Mann and Whitney); equal times count half. */
const aucOf = (longer: readonly number[], shorter: readonly number[]): number => {
  let wins = 0
  for (const a of longer) for (const b of shorter) wins += a > b ? 1 : a === b ? 0.5 : 0
  return wins / (longer.length * shorter.length)
}

const median = (values: readonly number[]): number => {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  return Math.round(middle * 100) / 100
}

const shuffled = <T>(items: readonly T[]): readonly T[] => {
  const all = [...items]
  for (let at = all.length - 1; at > 0; at--) {
    const other = randomInt(at + 1)
    const [a, b] = [all[at], all[other]]
    if (a !== undefined && b !== undefined) [all[at], all[other]] = [b, a]
  }
  return all
}
