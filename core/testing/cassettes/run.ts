/** A run of an adapter, recorded or played again: page by page, with a fresh token where one is needed. */
import {
  type Account,
  type Context,
  failureKind,
  type Marketplace,
  type Page,
} from '../../plugin.ts'
import { type RowTarget, syncOf } from '../conformance/walk.ts'
import { parsed } from '../conformance/world.ts'
import { type Cassette, inOrder } from './cassette.ts'
import { recordingContext } from './record.ts'
import { accountOf, replayContext } from './replay.ts'

export interface RunOf {
  readonly plugin: Marketplace
  readonly account: Account<unknown, unknown>
  readonly context: Context
  readonly target: RowTarget
}
export interface RunLimits {
  /** Ends after so many; absent: with the run. */
  readonly pages?: number
  /** False: a dead token is an error, and nothing is refreshed. */
  readonly mayRefresh?: boolean
  /** Told the fresh credentials, all of them: the ones before may be dead. */
  readonly refreshed?: (credentials: unknown) => Promise<void>
}

/** Rejected rows stand in it as well: what a run tells is all that is compared. */
export type RunPages = readonly Pick<Page<unknown, unknown>, 'rows' | 'rejected' | 'received'>[]

export const runPages = async (
  { plugin, account, context, target }: RunOf,
  { pages: most = Infinity, mayRefresh = true, ...told }: RunLimits,
  isOver: () => boolean = () => false,
): Promise<RunPages> => {
  const sync = syncOf(plugin, target)
  if (!sync) throw new Error(`the adapter has no method for ${target}`)
  const pages: Page<unknown, unknown>[] = []
  let cursor: unknown = null
  let own = account
  for (let isFresh = false;;) {
    try {
      for await (const page of sync(own, { cursor, reason: 'manual' }, context)) {
        pages.push(page)
        cursor = page.cursor
        if (page.last === true || pages.length >= most || isOver()) return pages
      }
      return pages
    } catch (error) {
      const { refresh } = plugin.adapter
      if (failureKind(error) !== 'auth' || !refresh || !mayRefresh || isFresh) throw error
      isFresh = true
      const credentials = await refresh(own, context)
      own = {
        ...own,
        credentials: await parsed(plugin.credentials, credentials, 'refreshed credentials'),
      }
      await told.refreshed?.(own.credentials)
    }
  }
}

/** Records a run, scrubbed; nothing of it is written. */
export const recordRun = async (
  run: RunOf,
  limits: RunLimits & { readonly seed?: number } = {},
): Promise<Cassette> => {
  const { plugin, account } = run
  const { externalAccountId, details, credentials } = account
  const recording = recordingContext(run.context, {
    ...{ plugin, pii: plugin.pii, secrets: secretsOf(plugin, credentials) },
    account: { externalAccountId, details, credentials: onWire(credentials) },
    ...(limits.seed === undefined ? {} : { seed: limits.seed }),
  })
  await runPages({ ...run, context: recording }, limits)
  return recording.cassette()
}

/** What the adapter makes of the recorded answers. Throws where it asks for another one. */
export const replayRun = async (
  plugin: Marketplace,
  cassette: Cassette,
  target: RowTarget,
): Promise<RunPages> => {
  const stored = accountOf(cassette)
  const account = {
    ...stored,
    details: await parsed(plugin.details, stored.details, 'details of the cassette'),
    credentials: await parsed(
      plugin.credentials,
      stored.credentials,
      'credentials of the cassette',
    ),
  }
  const context = replayContext(cassette, plugin.limits ? { limits: plugin.limits } : {})
  // a recording may end before the run
  const pages = await runPages(
    { plugin, account, context, target },
    {},
    () => context.unused().length === 0,
  )
  const left = context.unused().length
  if (left > 0) throw new Error(`${left} recorded answers were not asked for`)
  return pages
}

/** As they stand in the file of expected rows. */
export const rowsText = (pages: RunPages): string => {
  const told = pages.map(({ rows, rejected, received }) => ({ rows, rejected, received }))
  return `${JSON.stringify(inOrder(onWire(told)), null, 2)}\n`
}

/** Texts of the sealed credentials, short ones left out: they would be found everywhere. */
const secretsOf = (plugin: Marketplace, credentials: unknown): readonly string[] =>
  Object.entries(credentials ?? {})
    .filter(([key]) => plugin.secrets.includes(key))
    .flatMap(([, value]) => typeof value === 'string' && value.length >= 6 ? [value] : [])

const onWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
