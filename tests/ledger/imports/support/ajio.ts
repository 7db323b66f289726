/** The plugin whose reports these tests import, reached as the application reaches it: by its path. */
import { fileURLToPath } from 'node:url'
import { openHost } from '../../../../core/host/host.ts'
import type { OrderRow, PayoutRow, ReturnRow } from '../../../../core/plugin.ts'

const folder = fileURLToPath(new URL('../../../../', import.meta.url))
const use = './marketplaces/ajio/mod.ts'
const { marketplaces: [ajio] } = await openHost([{ use, config: undefined }], folder)
if (!ajio?.imports) throw new Error('AJIO reads no reports')

export const reports = ajio.imports

type Read<Row> = (raw: unknown) =>
  | { readonly row: Row }
  | { readonly rejected: { readonly reason: string } }
const reader = async (file: string): Promise<Readonly<Record<string, unknown>>> =>
  await import(new URL(`../../../../marketplaces/ajio/${file}`, import.meta.url).href)

/** How its syncs read what the gateway answers. */
export const toOrderRow = (await reader('orders.ts'))['toOrderRow'] as Read<OrderRow>
export const toReturnRow = (await reader('returns.ts'))['toReturnRow'] as Read<ReturnRow>
export const toPayoutRow = (await reader('settlements.ts'))['toPayoutRow'] as Read<PayoutRow>
