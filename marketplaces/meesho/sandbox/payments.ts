/** The list of payment files of some days, one for each calendar week. */
import { createHash } from 'node:crypto'
import type { SandboxAnswer } from 'robnu/testing'
import { z } from 'zod'
import { addressOf, type MadeFiles } from './files.ts'
import type { Supplier } from './model.ts'
import { ok, refused } from './wire.ts'
import { adjustmentsOf, duesOf, fileName, type Kind, paymentFile } from './workbook.ts'
import { dayMs, laterDay, startOf, timeText } from './words.ts'
import type { World } from './world.ts'

const Asked = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  kind: z.enum(['PREVIOUS', 'OUTSTANDING']),
})
const mostDays = 31

export const listPayments = (
  world: World,
  supplier: Supplier,
  made: MadeFiles,
  query: URLSearchParams,
): SandboxAnswer => {
  const asked = Asked.safeParse(Object.fromEntries(query))
  if (!asked.success) return refused(400, 'MALFORMED', z.prettifyError(asked.error))
  const { from, to, kind } = asked.data
  const days = (startOf(to) - startOf(from)) / dayMs + 1
  if (!(days >= 1 && days <= mostDays)) {
    return refused(400, 'MALFORMED', `Ask for 1 to ${mostDays} days.`)
  }
  for (const [name, { endsAt }] of made) if (endsAt <= world.at()) made.delete(name)
  const files = weeksOf(from, to).map((week) => fileOf(world, supplier, made, { kind, ...week }))
  return ok({ files })
}

const fileOf = (
  world: World,
  supplier: Supplier,
  made: MadeFiles,
  ask: { readonly kind: Kind; readonly from: string; readonly to: string },
): object => {
  const { bytes, content } = paymentFile(supplier, ask)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const endsAt = world.at() + world.fileLifeMs
  // runtimes pack the same content into other bytes: an address must not differ by that
  const name = createHash('sha256').update(JSON.stringify([ask, content])).digest('hex')
  made.set(name, { bytes, endsAt })
  const times = [
    ...duesOf(supplier, ask).map(({ payment, accruedAt }) => payment?.at ?? accruedAt),
    ...adjustmentsOf(supplier, ask).map(({ at }) => at),
  ]
  const updatedAt = times.reduce((last, at) => Math.max(last, at), startOf(ask.from))
  return {
    name: `${fileName(supplier, ask)}.zip`,
    kind: ask.kind,
    url: addressOf(world, supplier, `payments/${name}`, endsAt),
    sha256,
    from: ask.from,
    to: ask.to,
    updated_at: timeText(updatedAt),
  }
}

/** Monday to Sunday, cut to the days that are asked for. */
const weeksOf = (from: string, to: string): { from: string; to: string }[] => {
  const weeks: { from: string; to: string }[] = []
  for (let day = from; day <= to;) {
    const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
    const sunday = laterDay(day, 6 - weekday)
    const end = sunday < to ? sunday : to
    weeks.push({ from: day, to: end })
    day = laterDay(end, 1)
  }
  return weeks
}
