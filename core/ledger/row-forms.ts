/** How the rows of a page are checked, one by one. */
import type { z } from 'zod'

/** Rows that do not have the form of the contract, as they came. */
export interface Malformed {
  readonly key?: string
  readonly raw: string
}
export interface Checked<Row> {
  /** Each with what came of it in the page before: rows of one thing stand together, newest last. */
  readonly rows: readonly (readonly Row[])[]
  readonly malformed: readonly Malformed[]
  /** Rows of a thing that stands in the page again, in a form that is as new or newer. */
  readonly repeated: number
}

/** Rows of one external id are put together, in the order of their source times. */
export const checkRows = <Row extends { readonly externalId: string; readonly updatedAt: Date }>(
  schema: z.ZodType<Row>,
  rows: readonly unknown[],
): Checked<Row> => {
  const found = new Map<string, Row[]>()
  const malformed: Malformed[] = []
  let repeated = 0
  for (const candidate of rows) {
    const parsed = schema.safeParse(candidate)
    if (!parsed.success) {
      malformed.push(malformedOf(candidate))
      continue
    }
    const row = parsed.data
    const others = found.get(row.externalId)
    if (others) {
      repeated++
      others.push(row)
    } else {
      found.set(row.externalId, [row])
    }
  }
  const sorted = [...found.values()].map((versions) =>
    versions.length === 1
      ? versions
      : versions.toSorted((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime())
  )
  return { rows: sorted, malformed, repeated }
}

const malformedOf = (candidate: unknown): Malformed => {
  const key = (candidate as { externalId?: unknown } | null | undefined)?.externalId
  const raw = JSON.stringify(candidate, anyValue) ?? 'undefined'
  return typeof key === 'string' ? { key, raw } : { raw }
}

/** What JSON has no word for must not keep a row from being put aside. */
const anyValue = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value
