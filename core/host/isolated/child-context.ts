/** In the plugin's process: the context of a call, each member of which asks the host. */
import { checkAnswer, explainedFailure } from '../../ledger/outbound-answer.ts'
import {
  failureOf,
  type HttpInit,
  type JobContext,
  type MakingTx,
  type PluginFiles,
  type Reach,
  type ReportRecord,
  type Schema,
  type SellerTx,
  type SweepContext,
} from '../../plugin.ts'
import type { Ask } from './child-peer.ts'
import { refusalOf } from './child-peer.ts'
import type { WireContext, WireError } from './frames.ts'

export interface ChildCall {
  readonly id: number
  readonly signal: AbortSignal
  readonly ask: Ask
  readonly told: (error: unknown) => WireError
  readonly log: (event: string, fields: unknown) => void
  /** Of the plugin's upstream, in milliseconds. */
  readonly now: () => number
}

export const childContext = (
  { id, signal, ask, told, log, now }: ChildCall,
  wire: WireContext,
): JobContext & Partial<SweepContext> => {
  const request = async <T>(
    what: 'http' | 'download' | 'table',
    url: string,
    init: HttpInit = {},
    ...more: readonly unknown[]
  ) => {
    const { explain, ...sent } = init
    try {
      return await ask(id, what, url, sent, ...more) as T
    } catch (error) {
      throw explained(error, explain)
    }
  }
  const inScope =
    (kind: 'scope' | 'make') => async <T>(work: (tx: MakingTx) => Promise<T>): Promise<T> => {
      const opened = await ask(id, 'open', kind) as { tx: number; sellerId: string }
      const tx = childTx(ask, id, opened)
      let value: T
      try {
        value = await work(tx)
      } catch (error) {
        // throws what has become of it: the same error, or the host's own word for it
        await ask(id, 'close', opened.tx, 'rollback', told(error))
        throw error
      }
      await ask(id, 'close', opened.tx, value === null ? 'nothing' : 'commit')
      return value
    }
  const context: JobContext = {
    config: wire.config,
    key: wire.key,
    signal,
    now: () => new Date(now()),
    log: (event, fields = {}) => log(event, fields),
    http: async (schema, url, init) => await checkAnswer(schema, await request('http', url, init)),
    download: (url, init) => request('download', url, init),
    table: async (url, { signature, sheet, groupBy, sha256 }, init) => {
      // a whole import may be given, and its function cannot cross
      const wanted = {
        signature,
        ...sheet === undefined ? {} : { sheet },
        ...groupBy === undefined ? {} : { groupBy },
        ...sha256 === undefined ? {} : { sha256 },
      }
      const found = await request<OpenedTable | null>('table', url, init, wanted)
      return found && { columns: found.columns, records: recordsOf(ask, id, found.table) }
    },
    scope: inScope('scope'),
    make: inScope('make'),
    files: {
      write: async (file) => await ask(id, 'fileWrite', file) as Awaited<ReturnType<Write>>,
      append: async (...part) => void await ask(id, 'fileAppend', ...part),
      finish: async (writer) => await ask(id, 'fileFinish', writer) as Awaited<ReturnType<Finish>>,
      remove: async (file) => void await ask(id, 'fileRemove', file),
      url: async (file, wanted) => await ask(id, 'fileUrl', file, wanted) as string,
    },
    reach: async (permission) => await ask(id, 'reach', permission) as Reach | null,
  }
  if (wire.$ctx === 'job') return context
  const { scope: _scope, make: _make, files: _files, reach: _reach, ...plain } = context
  if (wire.$ctx === 'context') return plain as JobContext
  return {
    ...plain as JobContext,
    syncDue: async (target) => await ask(id, 'syncDue', target) as number,
    verifyIdle: async (idleMs) => await ask(id, 'verifyIdle', idleMs) as number,
  }
}

type Write = PluginFiles['write']
type Finish = PluginFiles['finish']

interface OpenedTable {
  readonly table: number
  readonly columns: readonly string[]
}
/** So many lines of a file are asked for at once. */
const recordsAtOnce = 100

const recordsOf = async function* (
  ask: Ask,
  call: number,
  table: number,
): AsyncIterable<ReportRecord> {
  try {
    for (;;) {
      const some = await ask(call, 'records', table, recordsAtOnce) as readonly ReportRecord[]
      if (some.length === 0) return
      yield* some
    }
  } finally {
    // nobody waits for it: the call may be over
    ask(call, 'leave', table).catch(() => {})
  }
}

/** The plugin's own reading of a refusal, made where its function is. */
const explained = (error: unknown, explain: HttpInit['explain']): unknown => {
  const refusal = refusalOf(error)
  if (!refusal || !explain) return error
  const { status, body } = refusal
  return explainedFailure(status, body, explain, failureOf(error)?.retryAfterMs)
}

const childTx = (
  ask: Ask,
  call: number,
  { tx, sellerId }: { readonly tx: number; readonly sellerId: string },
): MakingTx => {
  const any: SellerTx['any'] = async (schema, sql, values = []) => {
    const rows = await ask(call, 'any', tx, sql, values) as readonly unknown[]
    return await Promise.all(rows.map((row) => checkedRow(schema, row)))
  }
  return {
    sellerId,
    any,
    send: async (queue, body, to) => void await ask(call, 'send', tx, queue, body, to?.account),
    audit: async (action, target) => void await ask(call, 'audit', tx, action, target),
    // its answer changes nothing; whoever made it waits for the transaction
    made: (resourceId) => void ask(call, 'made', tx, resourceId).catch(() => {}),
  }
}

const checkedRow = async <T>(schema: Schema<T>, row: unknown): Promise<T> => {
  const result = await schema['~standard'].validate(row)
  if (!result.issues) return result.value
  const paths = result.issues.map((issue) => (issue.path ?? []).map(String).join('.'))
  throw new Error(`A row does not fit the plugin's schema at: ${paths.join(', ')}`)
}
