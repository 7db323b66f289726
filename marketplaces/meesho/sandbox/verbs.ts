/** The control plane of Meesho's own: what a test, or a person, may do, and what they may know. */
import { type ControlVerb, controlVerb, type Faults, type Moves } from 'robnu/testing'
import { z } from 'zod'
import type { Act, Run } from './commands.ts'
import { type Deed, moveDeeds, ownDeeds } from './deeds.ts'
import { ledgerOf } from './ledger.ts'
import { panelFile, panelFiles } from './panel.ts'
import { duePushes } from './pushes.ts'
import { keysOf } from './suppliers.ts'
import { changeOrder, changeReturn, type World } from './world.ts'

/** Of every marketplace; each runs as an act of one supplier, so that a restart repeats it. */
export const createMoves = (world: World, run: Run): Moves => verbsOf(moveDeeds, world, run)

/** Of Meesho alone. */
export const createVerbs = (
  world: World,
  run: Run,
  now: () => number,
  faults: Faults,
): Record<string, ControlVerb> => {
  const asked = (id: string | undefined) =>
    [...world.suppliers.values()].filter((one) => id === undefined || one.id === id)
  return {
    ...verbsOf(ownDeeds, world, run),
    connect: controlVerb('new keys; the ones before are over', Where, ({ supplier }) => {
      const id = supplier ?? [...world.suppliers.keys()][0] ?? ''
      return run('verb/connect', id, {})
    }),
    ledger: controlVerb('what an honest ledger shows now', Where, ({ supplier }) => {
      world.catchUp(now())
      return {
        accounts: Object.fromEntries(asked(supplier).map((one) => [one.id, ledgerOf(one)])),
      }
    }),
    books: controlVerb('how often what was asked and done', Where, ({ supplier }) => {
      world.catchUp(now())
      return {
        suppliers: Object.fromEntries(
          asked(supplier).map((one) => [one.id, {
            preference: one.preference,
            jobs: one.jobs.size,
            manifests: [...one.manifests.values()].map(({ id, courier, orders }) => ({
              ...{ id, courier, orders: orders.map(({ no }) => no) },
            })),
            asked: Object.fromEntries(one.asked),
            done: Object.fromEntries(one.done),
          }]),
        ),
      }
    }),
    download: controlVerb('a file of the panel, as text', Download, (body) => {
      world.catchUp(now())
      const [supplier] = asked(body.supplier)
      if (!supplier) throw new Error(`there is no supplier "${body.supplier}"`)
      return panelFile(supplier, body.file)
    }),
    pushes: controlVerb('the webhooks that are due; each is told once', Pushes, (body) => {
      world.catchUp(now())
      const { supplier, limit } = body
      const pushes = asked(supplier).flatMap((one) => duePushes(world, one, limit, now()))
      return { pushes: faults.pushed('pushes', pushes) }
    }),
  }
}

const verbsOf = <Name extends string>(
  deeds: Readonly<Record<Name, Deed>>,
  world: World,
  run: Run,
): Record<Name, ControlVerb> => {
  const supplierOf = (body: unknown): string => {
    const { supplier, orderId, returnId } = Named.parse(body)
    if (supplier !== undefined) return supplier
    for (const one of world.suppliers.values()) {
      if (orderId !== undefined && one.orders.has(orderId)) return one.id
      if (returnId !== undefined && one.returns.has(returnId)) return one.id
    }
    return [...world.suppliers.keys()][0] ?? ''
  }
  const verbs = Object.entries<Deed>(deeds).map(([name, { summary, body }]) => [
    name,
    controlVerb(summary, body, (given) => run(`verb/${name}`, supplierOf(given), given)),
  ])
  return Object.fromEntries(verbs)
}

/** What the verbs do, and the touch of `shiftPages`. */
export const verbActs: Readonly<Record<string, Act>> = {
  ...Object.fromEntries(
    Object.entries<Deed>({ ...moveDeeds, ...ownDeeds }).map(([name, { act }]): [string, Act] => [
      `verb/${name}`,
      (world, supplier, body) => act({ world, supplier }, body),
    ]),
  ),
  'verb/connect': (world, supplier) => {
    supplier.keyNumber += 1
    supplier.keyEndsAfter = Infinity
    const credentials = keysOf(world.seed, supplier, supplier.keyNumber)
    return { supplier: supplier.id, credentials }
  },
  'touch': (world, supplier, body) => {
    const { kind, key } = Touch.parse(body)
    const order = kind === 'orders' ? supplier.orders.get(key) : undefined
    const one = kind === 'returns' ? supplier.returns.get(key) : undefined
    if (order) changeOrder(world, supplier, order, () => {})
    if (one) changeReturn(world, supplier, one, () => {})
  },
}

const Named = z.object({
  supplier: z.string().optional(),
  orderId: z.string().optional(),
  returnId: z.string().optional(),
})
const Where = z.strictObject({ supplier: z.string().optional() })
const Pushes = z.strictObject({
  supplier: z.string().optional(),
  limit: z.number().int().min(1).max(10_000).default(1_000),
})
const Download = z.strictObject({ supplier: z.string().optional(), file: z.enum(panelFiles) })
const Touch = z.object({ kind: z.enum(['orders', 'returns']), key: z.string() })
