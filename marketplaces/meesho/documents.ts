/** Documents that Meesho makes: a label with the invoice on it, by a job; and manifests. */
import { type Context, type Download, failure, failureOf } from 'robnu/plugin'
import { connect } from './client.ts'
import { kebab, wordsOf } from './refusals.ts'
import type { MeeshoAdapter } from './sync.ts'
import type { Connection } from './transport.ts'

/** A job takes about a minute. */
const jobWaitMs = 30_000

export const notReady = (message: string): Error =>
  failure('unavailable', message, { code: 'not-ready', retryAfterMs: jobWaitMs })

export const fetchDocument: NonNullable<MeeshoAdapter['fetchDocument']> = async (
  account,
  { type, shipmentExternalId, manifestExternalId },
  ctx,
) => {
  // label and invoice are one paper
  const isLabel = type === 'LABEL' || type === 'CUSTOMER_INVOICE'
  if (isLabel && shipmentExternalId !== undefined) {
    return await fetchLabel(account, shipmentExternalId, ctx)
  }
  if (type === 'MANIFEST' && manifestExternalId !== undefined) {
    const transport = connect(account, ctx)
    const { url } = await transport.manifest(manifestExternalId)
    if (url === null) throw notReady('Cannot fetch the manifest yet: Meesho has not made it')
    return await transport.file(url).catch(askAnew)
  }
  throw failure('rejected', `Cannot fetch it: Meesho makes no document of the type ${type}`)
}

/** The same label again: a parcel that has one is never made anew. */
const fetchLabel = async (
  account: Connection,
  packetId: string,
  ctx: Context,
): Promise<Download> => {
  const transport = connect(account, ctx)
  const [parcel] = await transport.packets([packetId])
  if (!parcel) throw failure('rejected', unknownParcel, { code: 'not-found' })
  const { sub_order_no: no } = parcel
  const job = await transport.job(await transport.askLabels([no]))
  const label = job.labels?.find(({ sub_order_no }) => sub_order_no === no)
  if (job.status === 'DONE' && label) return await transport.file(label.url).catch(askAnew)
  const refused = job.failed?.find(({ sub_order_no }) => sub_order_no === no)
  if (!refused) throw notReady('Cannot fetch the label yet: Meesho has not made it')
  throw failure('rejected', `Cannot fetch the label: ${wordsOf(refused.code)}`, {
    code: kebab(refused.code),
  })
}

const unknownParcel = 'Cannot fetch the label: Meesho does not know the parcel'

const askAnew = (error: unknown): never => {
  if (failureOf(error)?.code !== 'expired') throw error
  throw notReady('Cannot fetch the document yet: its address is over and it is asked for again')
}
