/** Reports on their way: triggered, made, read for a while by a signed address, gone. */
import { hashOf, type SandboxAnswer } from 'robnu/testing'
import type { Report, Seller } from './model.ts'
import { ordersFile, returnsFile } from './portal-files.ts'
import { dayOf, timeText } from './times.ts'
import { notFound, refused } from './wire.ts'
import { settlementBook } from './workbook.ts'
import type { World } from './world.ts'

const host = 'https://api.flipkart.net'

const statusOf = (report: Report, at: number): string => {
  if (at < report.processingAt) return 'TRIGGERED'
  if (at < report.doneAt) return 'PROCESSING'
  if (report.fails) return 'FAILED'
  return at < report.expiresAt ? 'COMPLETED' : 'EXPIRED'
}

const signatureOf = (world: World, seller: Seller, report: Report): string =>
  hashOf(world.seed, `file/${seller.id}/${report.id}`).toString(36)

export const wireReport = (world: World, seller: Seller, report: Report): object => {
  const status = statusOf(report, world.at())
  if (status !== 'COMPLETED') return { report_id: report.id, status }
  const signature = signatureOf(world, seller, report)
  return {
    ...{ report_id: report.id, status },
    location: `${host}/reports/files/${seller.mark}/${report.id}?signature=${signature}`,
    metadata: { expiry: timeText(report.expiresAt) },
  }
}

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

export const answerFile = (world: World, mark: string, id: string, url: URL): SandboxAnswer => {
  const seller = [...world.sellers.values()].find((one) => String(one.mark) === mark)
  const report = seller?.reportsMade.get(id)
  if (!seller || !report) return notFound('There is no such file')
  const isSigned = url.searchParams.get('signature') === signatureOf(world, seller, report)
  if (!isSigned || statusOf(report, world.at()) !== 'COMPLETED') {
    return refused(403, 'OPERATION_NOT_ALLOWED', 'The address has expired')
  }
  const [type, bytes] = fileOf(world, seller, report)
  return { status: 200, headers: { 'content-type': type }, bytes }
}

/** What was known when the report was asked for. */
const fileOf = (
  world: World,
  seller: Seller,
  { type, from, to, triggeredAt }: Report,
): readonly [type: string, bytes: Uint8Array] => {
  const text = (csv: string) => ['text/csv', new TextEncoder().encode(csv)] as const
  if (type === 'orders_report') return text(ordersFile(seller, from, to, world.seed))
  if (type === 'returns_report') return text(returnsFile(seller, from, to))
  const paid = seller.nefts.filter(({ paidAt }) => {
    const day = dayOf(paidAt)
    return day >= from && day <= to && paidAt <= triggeredAt
  })
  return [xlsx, settlementBook(paid)]
}
