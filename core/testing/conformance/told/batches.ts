/** Steps, writes and documents of each batch of the sample. */
import type { DocumentType, Marketplace, StepResult } from '../../../plugin.ts'
import { documentTypes } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import { plain } from '../judge.ts'
import { batchIn, drainBatch } from '../process.ts'
import type { BatchAnswer, BatchSample } from '../sample.ts'
import { jsonOf, pathOf, setAt, withJson } from '../spoil.ts'
import { answerOf, type KitRequest, type Meddling } from '../wire.ts'
import { inWorld, sampleOf, type World } from '../world.ts'
import { endOf, maskOf, requestLine } from './plainly.ts'

const stepOf = ({ documents, ...step }: StepResult): unknown => ({
  ...step,
  ...documents
    ? { documents: documents.map(({ type, download }) => `${type} ${download.mime}`) }
    : {},
})

/** Every kind of document of what the batch has made: its form, or why there is none. */
const papersOf = async (world: World, done: readonly StepResult[]): Promise<unknown> => {
  const { fetchDocument } = world.plugin.adapter
  const shipment = done.findLast((one) => one.shipment)?.shipment?.externalId
  const manifest = done.findLast((one) => one.manifest)?.manifest?.externalId
  if (!fetchDocument) return null
  const told: Record<string, unknown> = {}
  const ask = (type: DocumentType, of: object) =>
    endOf(
      () => fetchDocument(world.account, { type, ...of }, world.context()),
      ({ mime, byteSize }) => [mime, byteSize > 0],
    )
  for (const type of documentTypes) {
    if (shipment) told[`${type} of a parcel`] = await ask(type, { shipmentExternalId: shipment })
    if (manifest) told[`${type} of a manifest`] = await ask(type, { manifestExternalId: manifest })
  }
  told['unknown'] = await ask('LABEL', { shipmentExternalId: 'KIT-UNKNOWN' })
  return told
}

/** The world in which the marketplace answers as the sample says. */
const answering = (world: World, answers: readonly BatchAnswer[]): World => {
  const left = answers.map((one) => ({ ...one, times: one.times ?? 1 }))
  const answerTo = ({ method, url }: KitRequest): Meddling | undefined => {
    const found = left.find(({ to, times }) => times > 0 && `${method} ${url.href}`.includes(to))
    if (!found) return undefined
    found.times--
    const { status, body, headers, lost, set = {} } = found
    if (lost) return { lost }
    if (status !== undefined) return { answer: answerOf(status, body, headers) }
    return {
      change: (answer) => {
        const json = jsonOf(answer)
        for (const [path, value] of Object.entries(set)) setAt(json, pathOf(path), value)
        return withJson(answer, json)
      },
    }
  }
  const context: World['context'] = (options = {}) =>
    world.context({
      ...options,
      intercept: (request, at) => options.intercept?.(request, at) ?? answerTo(request),
    })
  return { ...world, context }
}

interface ToldBatch {
  readonly yielded: readonly unknown[]
  readonly requests: readonly unknown[]
  readonly end: unknown
  readonly papers: unknown
}

const batchOf = (
  bench: Bench<Marketplace>,
  { prepare = [], ...one }: BatchSample,
): Promise<ToldBatch> =>
  inWorld({ ...bench, sample: { ...sampleOf(bench), batch: one.batch } }, async (world) => {
    const batch = await batchIn(bench, world, one.batch)
    if (one.first) await drainBatch(world, await batchIn(bench, world, one.first))
    for (const { verb, body } of prepare) await world.control(verb, body)
    const asked = world.requests.length
    const { details = {} } = one
    world.account = {
      ...world.account,
      details: { ...world.account.details as object, ...details },
    }
    const steps: StepResult[] = []
    let done: readonly StepResult[] = []
    const look = (step: StepResult) => void steps.push(step)
    const end = await endOf(async () => {
      done = (await drainBatch(answering(world, one.answers ?? []), batch, { look })).done
    })
    const masked = maskOf(world)
    return {
      yielded: plain(steps.map(stepOf)) as readonly unknown[],
      requests: world.requests.slice(asked).map((request) => requestLine(request, masked)),
      end,
      papers: await papersOf(world, done),
    }
  })

export const allBatches = async (bench: Bench<Marketplace>): Promise<unknown> => {
  const { batch, batches = {} } = sampleOf(bench)
  if (!bench.plugin.adapter.fullProcessing || !batch) return null
  const told: Record<string, unknown> = {}
  const sample = await batchOf(bench, { batch })
  told['sample'] = sample
  // what is as in the batch of the sample is told by its place there
  const places = new Map([...sample.yielded, ...sample.requests]
    .map((one, at) => [JSON.stringify(one), `as ${at}`]))
  const shorter = (list: readonly unknown[]) =>
    list.map((one) => places.get(JSON.stringify(one)) ?? one)
  for (const [name, one] of Object.entries(batches)) {
    const { yielded, requests, papers: _, ...rest } = await batchOf(bench, one)
    told[name] = { yielded: shorter(yielded), requests: shorter(requests), ...rest }
  }
  return told
}
