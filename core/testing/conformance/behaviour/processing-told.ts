/** What processing tells: parcels, manifests and papers, and nothing that others may not read. */
import type { MarketplaceCheck } from '../check.ts'
import { differenceOf, fail, plain } from '../judge.ts'
import { batchIn, drainBatch } from '../process.ts'
import { fullRun } from '../walk.ts'
import { inWorld } from '../world.ts'
import { ofBatch, undisturbed } from './batch.ts'
import { buyersOf, secretsOf } from './privacy.ts'
import { withUnknown } from './processing.ts'

export const processingToldChecks: readonly MarketplaceCheck[] = [
  ofBatch(
    'processing-tells-parcels',
    'The parcels that are told hold what was confirmed, and the manifest holds the parcels',
    'Make shipment and manifest of the answers, line by line',
    async (bench) => {
      const { processed } = await undisturbed(bench)
      const { batch } = await inWorld(bench, async (world) => ({
        batch: await batchIn(bench, world),
      }))
      // one step may tell of several, one after the other
      const manifests = processed.yielded.flatMap(({ manifest }) => manifest ? [manifest] : [])
      const inside = new Set(manifests.flatMap((one) => one.shipmentExternalIds))
      if (manifests.length === 0) fail('no manifest is told')
      if (batch.closure === 'IMMEDIATE' && !manifests.some(({ state }) => state === 'CLOSED')) {
        fail('the manifest is not told as closed')
      }
      for (const order of batch.orders) {
        const own = processed.done.filter((one) => one.order === order.id)
        const shipment = own.findLast((one) => one.shipment)?.shipment
        if (!shipment) return fail(`no parcel of ${order.externalId} is told`)
        const wanted = order.lines.filter(({ confirmedQuantity }) => confirmedQuantity > 0)
          .map((line) => [line.externalId, line.confirmedQuantity])
        const found = shipment.items.map((item) => [item.itemExternalId, item.quantity])
        const difference = differenceOf(
          Object.fromEntries(wanted),
          Object.fromEntries(found),
          'parcel',
        )
        if (difference !== undefined) fail(difference)
        if (shipment.awb === null) fail('the parcel has no waybill')
        if (!inside.has(shipment.externalId)) fail('the parcel stands in no manifest')
      }
    },
  ),
  ofBatch(
    'processing-brings-papers',
    'Every parcel has its label, as a document of the marketplace or to be made by the host',
    'Give what was downloaded in `documents`, and what the host makes in `render`',
    (bench) =>
      inWorld(bench, async (world) => {
        const batch = await batchIn(bench, world)
        const { done } = await drainBatch(world, batch)
        for (const { id, externalId } of batch.orders) {
          const own = done.filter(({ order }) => order === id)
          const papers = own.flatMap(({ documents = [] }) => documents)
          const kinds = [
            ...papers.map(({ type }) => type),
            ...own.flatMap(({ render = [] }) => render),
          ]
          for (const type of ['LABEL', 'CUSTOMER_INVOICE', 'PACKING_SLIP'] as const) {
            if (!kinds.includes(type)) fail(`${externalId} has no ${type}`)
          }
          for (const { download } of papers) {
            if (!world.papers.has(download.storageKey)) fail('a document was never downloaded')
          }
        }
      }),
  ),
  ofBatch(
    'processing-silent',
    'No credential and no buyer stands in a step, a log or an address',
    'Tell ids and words of the contract; `billTo` alone names who is invoiced',
    (bench) =>
      inWorld(bench, async (world) => {
        const { rows } = await fullRun(bench, 'ORDERS')
        const { yielded } = await drainBatch(world, withUnknown(await batchIn(bench, world)))
        const said = JSON.stringify([
          yielded.map(({ billTo: _, ...step }) => step),
          world.logged,
          world.requests.map(({ url }) => decodeURIComponent(url.href)),
        ])
        if (secretsOf(world).some((secret) => said.includes(secret))) fail('a credential is told')
        if (buyersOf(rows.values()).some((one) => said.includes(one))) fail('a buyer is told')
      }),
  ),
  ofBatch(
    'processing-can-be-cloned',
    'Steps can be cloned, and their output is JSON',
    'Yield plain objects, texts, numbers, dates and null',
    async (bench) => {
      for (const step of (await undisturbed(bench)).processed.yielded) {
        const difference = differenceOf(plain(step), plain(structuredClone(step))) ??
          differenceOf(step.output, plain(step.output), 'output')
        if (difference !== undefined) fail(difference)
      }
    },
  ),
  ofBatch(
    'processing-declared-only',
    'Processing asks declared hosts over https, by operations that have a limit',
    'Name the host in `hosts` and the operation in `limits`',
    (bench) =>
      inWorld(bench, async (world) => {
        await drainBatch(world, await batchIn(bench, world))
        if (world.breaches.length > 0) fail([...new Set(world.breaches)].join(', '))
      }),
  ),
]
