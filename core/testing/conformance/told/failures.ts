/** Refusals of the marketplace as failures; inputs that fit or not; accounts that may not connect. */
import type { Account, Marketplace, Schema } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import { plain } from '../judge.ts'
import { rowTargets, syncOf, walk } from '../walk.ts'
import { answerOf } from '../wire.ts'
import { inWorld, type World } from '../world.ts'
import { endOf, headersOf, maskOf, requestLine } from './plainly.ts'

const signIn = async (world: World): Promise<void> => {
  const target = rowTargets.find((one) => syncOf(world.plugin, one))
  if (target) await walk(world, target, { pages: 1 })
}

/** What a refusal becomes, whoever is asked. */
const refusalsIn = async (world: World): Promise<unknown> => {
  const { plugin: { adapter }, sample, account } = world
  const told: Record<string, unknown> = {}
  for (const { status, body } of sample.refusals ?? []) {
    const context = world.context({ intercept: () => ({ answer: answerOf(status, body) }) })
    const ways: Record<string, unknown> = {}
    const way = async (name: string, work: () => unknown) => {
      const asked = world.requests.length
      const end = await endOf(work, (value) => value === undefined ? 'done' : value)
      ways[name] = [end, world.requests.length - asked]
    }
    await way('verify', () => adapter.verify(account, context))
    if (adapter.refresh) await way('refresh', () => adapter.refresh?.(account, context))
    for (const target of rowTargets) {
      if (!syncOf(world.plugin, target)) continue
      await way(target, async () => {
        const pages = await walk(world, target, { context, patience: 0, pages: 1 })
        return pages.map(({ received, cursor, last }) => ({ received, cursor, last }))
      })
    }
    const [stock] = sample.stock ?? []
    if (stock && adapter.pushInventory) {
      await way('stock', () => adapter.pushInventory?.(account, [stock], context))
    }
    // most ways end alike
    const ends = [...new Set(Object.values(ways).map((end) => JSON.stringify(end)))]
    told[`${status} ${JSON.stringify(body)}`] = ends.length === 1 ? Object.values(ways)[0] : ways
  }
  return told
}

/** What the schemas make of inputs: the value, or where it does not fit. */
const inputsOf = async ({ plugin, sample }: Bench<Marketplace>): Promise<unknown> => {
  const schemas: Readonly<Record<string, Schema | undefined>> = {
    ...{ config: plugin.config, details: plugin.details, credentials: plugin.credentials },
    cursor: plugin.cursor,
  }
  const told: Record<string, unknown> = {}
  for (const [name, inputs] of Object.entries(sample?.inputs ?? {})) {
    for (const input of inputs ?? []) {
      const result = await schemas[name]?.['~standard'].validate(input)
      told[`${name} ${JSON.stringify(input)}`] = result?.issues
        ? result.issues.map(({ path = [] }) => path.map(String).join('.'))
        : plain(result?.value)
    }
  }
  return told
}

/** Whether accounts that are not quite the one of the session may connect. */
const strangersIn = async (world: World): Promise<unknown> => {
  const told: unknown[] = []
  for (const { details, credentials, externalAccountId } of world.sample.strangers ?? []) {
    const account: Account<unknown, unknown> = {
      ...world.account,
      ...externalAccountId === undefined ? {} : { externalAccountId },
      details: { ...world.account.details as object, ...details },
      credentials: { ...world.account.credentials as object, ...credentials },
    }
    const asked = world.requests.length
    const end = await endOf(() => world.plugin.adapter.verify(account, world.context()))
    told.push([end, world.requests.length - asked])
  }
  return told
}

/** A session in its last minutes is not used; what a refresh gives. */
const sessionIn = async (world: World): Promise<unknown> => {
  const { refresh } = world.plugin.adapter
  const target = rowTargets.find((one) => syncOf(world.plugin, one))
  if (!refresh || !target) return null
  const before: World = { ...world }
  const asked = world.requests.length
  const credentials = await refresh(world.account, world.context())
  world.account = { ...world.account, credentials }
  const masked = maskOf(before, world)
  const requests = world.requests.slice(asked)
  const ends: unknown[] = []
  // every half a minute of an hour and a bit: when does it refuse to ask
  for (let half = 0; half <= 160; half++) {
    const count = world.requests.length
    const end = await endOf(() => walk(world, target, { pages: 1, patience: 0 }))
    if (end !== 'done') {
      ends.push([half / 2, end, world.requests.length - count])
      break
    }
    await world.pass(30)
  }
  return {
    credentials: JSON.parse(masked(JSON.stringify(credentials))),
    requests: requests.map((one) => [requestLine(one, masked), headersOf(one, masked)]),
    ends,
  }
}

export const allFailures = (bench: Bench<Marketplace>): Promise<unknown> =>
  inWorld(bench, async (world) => {
    await signIn(world)
    return {
      inputs: await inputsOf(bench),
      refusals: await refusalsIn(world),
      strangers: await strangersIn(world),
      session: await sessionIn(world),
    }
  })
