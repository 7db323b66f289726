/** Reports: ordered, waited for and made, or put there by Amazon itself. */
import { digitsOf, randomFor, type SandboxAnswer, type SandboxRequest } from 'robnu/testing'
import type { SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Documents, NewDocument } from './documents.ts'
import type { Guard } from './guard.ts'
import { invalid, sellingHost, writeRoute } from './requests.ts'
import { unlessRestricted } from './restricted.ts'
import { createSigner } from './signed.ts'
import { iso, marketplaceId, wireError } from './wire.ts'
import { type Act, countDone, type Partner, type World } from './world.ts'

/** Makes what a report has to tell of a window, as it stands at an instant; null: nothing. */
export interface ReportMaker {
  readonly longestDays: number
  readonly make: (
    world: World,
    partner: Partner,
    ask: { readonly from: number; readonly to: number; readonly at: number },
  ) => NewDocument | null
}
/** A report that nobody has ordered. */
export interface FoundReport {
  readonly id: string
  readonly type: string
  readonly createdAt: number
  readonly window?: { readonly from: number; readonly to: number }
  /** Made when somebody asks for it; text is its id in `documents`. */
  readonly document: string | (() => NewDocument)
}
export interface Reports {
  readonly acts: Readonly<Record<string, Act>>
  readonly routes: (options: { readonly guard: Guard; readonly world: World }) => SandboxRoute[]
  /** Adds one, as work that was done for a feed does. */
  readonly put: (partner: string, report: FoundReport) => void
}

interface Told {
  readonly id: string
  readonly type: string
  readonly createdAt: number
  readonly window?: { readonly from: number; readonly to: number }
  readonly startsAt: number
  readonly endsAt: number
  readonly state: 'IN_QUEUE' | 'IN_PROGRESS' | 'DONE' | 'CANCELLED' | 'FATAL'
  readonly document?: () => NewDocument | string
}
interface Ordered {
  readonly id: string
  readonly type: string
  readonly partner: string
  readonly createdAt: number
  readonly window: { readonly from: number; readonly to: number }
  readonly startsAt: number
  readonly endsAt: number
  readonly doomed: boolean
  isCancelled: boolean
}

const path = '/reports/2021-06-30'
const dayMs = 86_400_000
const retentionMs = 90 * dayMs
const doom = 0.02
/** They name buyers. */
const restricted = new Set(['GET_EASYSHIP_DOCUMENTS'])

export const createReports = (
  { seed, documents, makers, found }: {
    readonly seed: number
    readonly documents: Documents
    readonly makers: Readonly<Record<string, ReportMaker>>
    /** Those that Amazon makes by itself. */
    readonly found: (world: World, partner: Partner, at: number) => readonly FoundReport[]
  },
): Reports => {
  const ordered = new Map<string, Ordered>()
  const added = new Map<string, FoundReport[]>()
  const made = new Map<string, NewDocument | null>()
  const tokens = createSigner(seed, 'reports-token')
  const documentName = ({ id }: Told) => `report/${id}`

  const contentOf = (world: World, partner: Partner, one: Ordered): NewDocument | null => {
    const key = `${partner.id}/${one.id}`
    const known = made.get(key)
    if (known !== undefined) return known
    const content = makers[one.type]?.make(world, partner, { ...one.window, at: one.createdAt }) ??
      null
    made.set(key, content)
    return content
  }
  const stateOf = (world: World, partner: Partner, one: Ordered): Told['state'] => {
    if (one.isCancelled) return 'CANCELLED'
    if (world.at() < one.startsAt) return 'IN_QUEUE'
    if (world.at() < one.endsAt) return 'IN_PROGRESS'
    if (one.doomed) return 'FATAL'
    // no data is no report
    return contentOf(world, partner, one) === null ? 'CANCELLED' : 'DONE'
  }
  const reportsOf = (world: World, partner: Partner): Told[] => {
    const at = world.at()
    const own = [...ordered.values()].filter((one) => one.partner === partner.id)
      .map((one): Told => ({
        ...one,
        state: stateOf(world, partner, one),
        document: () => contentOf(world, partner, one) ?? { text: '', type: 'text/plain' },
      }))
    const others = [...found(world, partner, at), ...added.get(partner.id) ?? []]
      .map((one): Told => ({
        ...one,
        ...{ startsAt: one.createdAt, endsAt: one.createdAt, state: 'DONE' },
        document: () => typeof one.document === 'string' ? one.document : one.document(),
      }))
    return [...own, ...others].filter(({ createdAt }) => createdAt > at - retentionMs)
  }
  /** The same for one report, whoever asks and whenever. */
  const documentIdOf = (partner: Partner, one: Told): string =>
    `amzn1.spdoc.1.4.eu.${digitsOf(seed, `document/${partner.id}/${one.id}`, 20)}`

  const acts: Record<string, Act> = {
    createReport: (world, partner, body) => {
      const read = NewReport.safeParse(body)
      if (!read.success) return invalid('reportType and marketplaceIds are needed.')
      const { reportType, dataStartTime, dataEndTime } = read.data
      const maker = Object.hasOwn(makers, reportType) ? makers[reportType] : undefined
      if (!maker) return invalid(`Reports of the type "${reportType}" cannot be requested.`)
      const to = dataEndTime === undefined ? world.at() : Date.parse(dataEndTime)
      const from = dataStartTime === undefined ? to : Date.parse(dataStartTime)
      if (from > to) return invalid('dataStartTime must not be after dataEndTime.')
      if (to - from > maker.longestDays * dayMs) {
        return invalid(`The window of this report is at most ${maker.longestDays} days.`)
      }
      countDone(partner, 'createReport')
      const key = `report/${partner.id}/${partner.done.get('createReport')}`
      const random = randomFor(seed, key)
      const startsAt = world.at() + random.int(10, 60) * 1000
      const report: Ordered = {
        ...{ id: digitsOf(seed, key, 12), type: reportType, partner: partner.id },
        ...{ createdAt: world.at(), window: { from, to }, startsAt, isCancelled: false },
        endsAt: startsAt + random.int(30, 180) * 1000,
        doomed: random.chance(doom),
      }
      ordered.set(`${partner.id}/${report.id}`, report)
      return { status: 202, body: { reportId: report.id } }
    },
    cancelReport: (world, partner, body) => {
      const one = ordered.get(`${partner.id}/${One.parse(body).reportId}`)
      if (!one) return notFound()
      if (world.at() >= one.startsAt) return invalid('The report is not IN_QUEUE.')
      one.isCancelled = true
      return { status: 200, body: {} }
    },
  }

  const list = (world: World, partner: Partner, query: URLSearchParams): SandboxAnswer => {
    const token = query.get('nextToken') ?? undefined
    if (token !== undefined && [...query.keys()].length > 1) {
      return invalid('nextToken may not be used with any other parameter.')
    }
    const opened = token === undefined ? undefined : Token.safeParse(tokens.open(token))
    if (opened && (!opened.success || opened.data.partner !== partner.id)) {
      return invalid('The nextToken is expired or does not belong to the seller.')
    }
    const asked = opened?.data ?? { ask: query.toString(), skip: 0 }
    const params = readParams(new URLSearchParams(asked.ask), world.at())
    if (typeof params === 'string') return invalid(params)
    const all = reportsOf(world, partner).filter(params.accepts)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
    const told = all.slice(asked.skip, asked.skip + params.size)
    const skip = asked.skip + told.length
    return {
      status: 200,
      body: {
        reports: told.map((one) => wireReport(one, documentIdOf(partner, one))),
        ...(skip < all.length
          ? { nextToken: tokens.sign({ partner: partner.id, ask: asked.ask, skip }) }
          : {}),
      },
    }
  }

  const document = (world: World, partner: Partner, request: SandboxRequest): SandboxAnswer => {
    const { id = '' } = request.params
    const encoded = request.url.searchParams.get('enableContentEncodingUrlHeader') === 'true'
    const one = reportsOf(world, partner)
      .find((each) => each.state === 'DONE' && documentIdOf(partner, each) === id)
    if (!one?.document) return notFound()
    const refusal = restricted.has(one.type) ? unlessRestricted(request) : undefined
    if (refusal) return refusal
    const content = one.document()
    const kept = typeof content === 'string'
      ? content
      : documents.keep(partner.id, documentName(one), content)
    const told = documents.told(partner.id, kept, encoded)
    return told ? { status: 200, body: { reportDocumentId: id, ...told } } : notFound()
  }

  const routes: Reports['routes'] = ({ guard, world }) => {
    const read = (
      path: string,
      operation: string,
      answer: (
        partner: Partner,
        params: Readonly<Record<string, string>>,
        query: URLSearchParams,
      ) => SandboxAnswer,
    ): SandboxRoute => ({
      ...{ method: 'GET', path, host: sellingHost, operation },
      handle: guard(
        operation,
        ({ params, url }, partner) => answer(partner, params, url.searchParams),
      ),
    })
    return [
      writeRoute({ guard, world }, 'POST', `${path}/reports`, 'createReport'),
      writeRoute({ guard, world }, 'DELETE', `${path}/reports/{reportId}`, 'cancelReport'),
      read(`${path}/reports`, 'getReports', (partner, _, query) => list(world, partner, query)),
      read(`${path}/reports/{reportId}`, 'getReport', (partner, { reportId }) => {
        const one = reportsOf(world, partner).find(({ id }) => id === reportId)
        return one ? { status: 200, body: wireReport(one, documentIdOf(partner, one)) } : notFound()
      }),
      {
        ...{ method: 'GET', path: `${path}/documents/{id}`, host: sellingHost },
        operation: 'getReportDocument',
        handle: guard('getReportDocument', (request, partner) => document(world, partner, request)),
      },
    ]
  }
  const put = (partner: string, report: FoundReport): void => {
    added.set(partner, [...added.get(partner) ?? [], report])
  }
  return { acts, routes, put }
}

const wireReport = (one: Told, documentId: string): object => {
  const { state, window } = one
  const isOver = state !== 'IN_QUEUE' && state !== 'IN_PROGRESS'
  return {
    reportId: one.id,
    reportType: one.type,
    marketplaceIds: [marketplaceId],
    createdTime: iso(one.createdAt),
    processingStatus: state,
    ...(window ? { dataStartTime: iso(window.from), dataEndTime: iso(window.to) } : {}),
    ...(state === 'IN_QUEUE' ? {} : { processingStartTime: iso(one.startsAt) }),
    ...(isOver ? { processingEndTime: iso(one.endsAt) } : {}),
    ...(state === 'DONE' ? { reportDocumentId: documentId } : {}),
  }
}

const states = ['CANCELLED', 'DONE', 'FATAL', 'IN_PROGRESS', 'IN_QUEUE']

const readParams = (query: URLSearchParams, at: number) => {
  const words = (name: string) =>
    query.getAll(name).flatMap((one) => one.split(',')).filter((one) => one !== '')
  const types = words('reportTypes')
  const wanted = words('processingStatuses')
  const size = Number(query.get('pageSize') ?? 10)
  const [since, until] = [query.get('createdSince'), query.get('createdUntil')]
    .map((text) => text === null ? undefined : Date.parse(text))
  if (types.length === 0 || types.length > 10) return 'reportTypes needs 1 to 10 values.'
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    return 'pageSize must be between 1 and 100.'
  }
  const unknown = wanted.find((word) => !states.includes(word))
  if (unknown !== undefined) return `Unknown processingStatus "${unknown}".`
  if (Number.isNaN(since ?? 0) || Number.isNaN(until ?? 0)) {
    return 'A date must be in ISO 8601 format.'
  }
  return {
    size,
    accepts: (one: Told): boolean =>
      types.includes(one.type) && (wanted.length === 0 || wanted.includes(one.state)) &&
      one.createdAt >= (since ?? at - retentionMs) && one.createdAt <= (until ?? at),
  }
}

const Token = z.object({ partner: z.string(), ask: z.string(), skip: z.number() })
const NewReport = z.object({
  reportType: z.string(),
  marketplaceIds: z.array(z.string()).min(1).max(25),
  dataStartTime: z.iso.datetime({ offset: true }).optional(),
  dataEndTime: z.iso.datetime({ offset: true }).optional(),
})
const One = z.object({ reportId: z.string() })

const notFound = (): SandboxAnswer => wireError(404, 'NotFound', 'The report was not found.')
