/** Answers what a plugin's process asks: by the context of the call that the question belongs to. */
import type { z } from 'zod'
import {
  type Context,
  failureOf,
  type HttpInit,
  type JobContext,
  type MakingTx,
  type ReportRecord,
  type TableAsk,
} from '../../plugin.ts'
import type { Schema, SellerTx, SweepContext } from '../../plugin.ts'
import type { WireError } from './frames.ts'
import { askArguments, isWhat, type What } from './parent-frames.ts'

/** A call in the plugin's hands: with it everything ends that was opened for it. */
export interface CallDesk {
  /** Throws what the context throws; an error of a refused request is in `refusals`. */
  readonly answer: (what: string, args: readonly unknown[]) => Promise<unknown>
  /** Whatever is open is rolled back. */
  readonly end: () => void
}
export interface Refusal {
  readonly status: number
  readonly body: unknown
}

type Given<W extends What> = z.infer<(typeof askArguments)[W]>
interface OpenTx {
  readonly tx: SellerTx & Partial<MakingTx>
  readonly work: PromiseWithResolvers<unknown>
  readonly done: Promise<unknown>
}

/** What the marketplace answered, by the error that tells of it. */
export const refusals = new WeakMap<object, Refusal>()

/** Of one call, at a time: each holds a connection. */
const maxOpen = 4
/** The same of files: each may hold lines until those of the same row have come. */
const maxTables = 4

export const createDesk = (
  context: (Context & Partial<JobContext> & Partial<SweepContext>) | undefined,
  records: AsyncIterator<unknown> | undefined,
  /** An error of the plugin: one of ours, where it has only let it through. */
  thrown: (error: WireError) => unknown,
): CallDesk => {
  const open = new Map<number, OpenTx>()
  const tables = new Map<number, AsyncIterator<ReportRecord>>()
  let isOver = false
  let next = 1

  const given = () => {
    if (isOver || !context) throw new Error('The call is over: do not keep its context')
    return context
  }
  const txOf = (id: number): SellerTx & Partial<MakingTx> => {
    const found = open.get(id)
    if (!found) throw new Error('The transaction is over: do not keep its scope')
    return found.tx
  }
  /** Asks with what the plugin gave, and remembers what its `explain` is asked about. */
  const request = async <T>(
    init: Given<'http'>[1],
    work: (init: HttpInit) => Promise<T>,
  ): Promise<T> => {
    let refusal: Refusal | undefined
    const asked = {
      ...init,
      explain: (status: number, body: unknown) => {
        refusal = { status, body }
        return undefined
      },
    } as HttpInit
    try {
      return await work(asked)
    } catch (error) {
      if (refusal && failureOf(error)) refusals.set(error as object, refusal)
      throw error
    }
  }
  const table = ([url, init, ask]: Given<'table'>): Promise<unknown> =>
    request(init, async (asked) => {
      if (tables.size >= maxTables) throw new Error('The call has too many files open')
      const found = await given().table(url, ask as TableAsk, asked)
      if (!found) return null
      const id = next++
      const records = found.records[Symbol.asyncIterator]()
      if (isOver) await records.return?.()
      else tables.set(id, records)
      return { table: id, columns: found.columns }
    })
  const begin = async ([kind]: Given<'open'>): Promise<unknown> => {
    const run = given()[kind]
    if (!run) throw new Error(`There is no ${kind} here`)
    if (open.size >= maxOpen) throw new Error('The call has too many scopes open')
    const id = next++
    const opened = Promise.withResolvers<SellerTx & Partial<MakingTx>>()
    const work = Promise.withResolvers<unknown>()
    work.promise.catch(() => {})
    const done = run((tx: SellerTx & Partial<MakingTx>) => {
      opened.resolve(tx)
      return work.promise
    })
    done.catch(opened.reject)
    const tx = await opened.promise
    if (isOver) work.reject(new Error('The call is over'))
    else open.set(id, { tx, work, done })
    return { tx: id, sellerId: tx.sellerId }
  }
  const close = async ([id, how, error]: Given<'close'>): Promise<unknown> => {
    txOf(id)
    const { work, done } = open.get(id) as OpenTx
    open.delete(id)
    if (how === 'rollback') {
      const why = error ? thrown(error as WireError) : new Error('The plugin gave it up')
      work.reject(why)
      await done.catch((outcome: unknown) => {
        // what the database says of it is for whoever asked for the scope
        if (outcome !== why) throw outcome
      })
    } else {
      work.resolve(how === 'nothing' ? null : undefined)
      await done
    }
    return undefined
  }
  const sweep = (): SweepContext => {
    const found = given()
    if (!found.syncDue) throw new Error('There is no sweep here')
    return found as SweepContext
  }
  /** Of a job, and of nothing else. */
  const job = (): JobContext => {
    const found = given()
    if (!found.files || !found.reach) throw new Error('There are no files here')
    return found as JobContext
  }
  const some = async (of: AsyncIterator<unknown> | undefined, most: number) => {
    const items: unknown[] = []
    while (of && !isOver && items.length < most) {
      const { done, value } = await of.next()
      if (done) break
      items.push(value)
    }
    return items
  }
  const leave = async ([id]: Given<'leave'>): Promise<void> => {
    const records = tables.get(id)
    tables.delete(id)
    await records?.return?.()
  }

  const answers: { readonly [W in What]: (args: Given<W>) => Promise<unknown> } = {
    http: ([url, init]) => request(init, (asked) => given().http(anything, url, asked)),
    download: ([url, init]) => request(init, (asked) => given().download(url, asked)),
    table,
    records: ([id, most]) => some(tables.get(id), most),
    leave,
    open: begin,
    close,
    any: ([id, sql, values]) => txOf(id).any(anything, sql, values),
    send: ([id, queue, body, account]) =>
      txOf(id).send(queue, body, account === undefined ? undefined : { account }),
    audit: ([id, action, target]) => txOf(id).audit(action, target),
    made: ([id, resourceId]) => Promise.resolve(txOf(id).made?.(resourceId)),
    syncDue: ([target]) => sweep().syncDue(target),
    verifyIdle: ([idleMs]) => sweep().verifyIdle(idleMs),
    fileWrite: ([file]) => job().files.write(file),
    fileAppend: ([writer, part, bytes]) => job().files.append(writer, part, bytes),
    fileFinish: ([writer]) => job().files.finish(writer),
    fileRemove: ([id]) => job().files.remove(id),
    fileUrl: ([id, ask]) => job().files.url(id, ask),
    reach: ([permission]) => job().reach(permission),
    pull: ([most]) => some(records, most),
  }
  return {
    answer: async (what, args) => {
      if (!isWhat(what)) throw new Error('The plugin asks for what there is not')
      const parsed = askArguments[what].safeParse(padded(args))
      if (!parsed.success) throw new TypeError(`The arguments of "${what}" have the wrong form`)
      return await (answers[what] as (given: unknown) => Promise<unknown>)(parsed.data)
    },
    end: () => {
      isOver = true
      for (const { work } of open.values()) work.reject(new Error('The call is over'))
      open.clear()
      for (const id of tables.keys()) void leave([id]).catch(() => {})
    },
  }
}

/** A tuple wants as many places as it has, also where nothing stands. */
const padded = (args: readonly unknown[]): readonly unknown[] =>
  args[3] === undefined && args.length === 4 ? args.slice(0, 3) : args

const anything: Schema = {
  '~standard': { version: 1, vendor: 'robnu', validate: (value) => ({ value }) },
}
