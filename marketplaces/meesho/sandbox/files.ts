/** Addresses of files: whoever has one may fetch it, until the instant that stands in it. */
import { hashOf, type SandboxAnswer } from 'robnu/testing'
import type { Supplier } from './model.ts'
import { labelPdf, manifestPdf } from './papers.ts'
import { notFound, refused } from './wire.ts'
import type { World } from './world.ts'

export const filesHost = 'meesho-files.robnu.com'

/** `what`: `job/…`, `label/…`, `manifest/…`, `payments/…`. */
export const addressOf = (world: World, { id }: Supplier, what: string, endsAt: number): string =>
  `https://${filesHost}/v2/files/${id}/${endsAt}/${sealOf(world, id, what, endsAt)}/${what}`

const sealOf = ({ seed }: World, supplier: string, what: string, endsAt: number): string =>
  hashOf(seed, `file/${supplier}/${what}/${endsAt}`).toString(36)

/** Payment files that were told, by their content: what is fetched is what was told. */
export type MadeFiles = Map<string, { readonly bytes: Uint8Array; readonly endsAt: number }>

export const fetchFile = (
  world: World,
  made: MadeFiles,
  asked: Readonly<Record<string, string>>,
): SandboxAnswer => {
  const { supplier: id = '', ends = '', seal = '', kind = '', name = '' } = asked
  const supplier = world.suppliers.get(id)
  const endsAt = Number(ends)
  if (!supplier || sealOf(world, id, `${kind}/${name}`, endsAt) !== seal) return notFound()
  if (world.at() >= endsAt) return expired()
  if (kind === 'payments') {
    const file = made.get(name)
    return file ? answerOf('application/zip', file.bytes) : expired()
  }
  const bytes = paperOf(supplier, kind, name)
  return bytes ? answerOf('application/pdf', bytes) : notFound()
}

const paperOf = (supplier: Supplier, kind: string, name: string): Uint8Array | undefined => {
  const order = supplier.orders.get(name)
  const job = supplier.jobs.get(name)
  const manifest = supplier.manifests.get(name)
  if (kind === 'label' && order?.packet) return labelPdf(supplier, [order])
  if (kind === 'job' && job) return labelPdf(supplier, job.labelled)
  return kind === 'manifest' && manifest ? manifestPdf(supplier, manifest) : undefined
}

const expired = (): SandboxAnswer =>
  refused(410, 'EXPIRED', 'The address is over: ask for another.')
const answerOf = (type: string, bytes: Uint8Array): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': type },
  bytes,
})
