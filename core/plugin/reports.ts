/** Files that sellers download from a marketplace's portal. */

/** One line of a report: its cells in the order of the columns, trimmed text as it stands there. */
export interface ReportRecord {
  /** As the seller counts it in the file, from 1; of a workbook, in its sheet. */
  readonly line: number
  readonly cells: readonly string[]
}
/** Lines below their headings; the columns as they stand there, trimmed, with single blanks. */
export interface ReportTable {
  readonly columns: readonly string[]
  readonly records: AsyncIterable<ReportRecord>
}
/** What became of some lines: one row, nothing that matters, or a refusal. */
export type ReportResult<Row> =
  | { readonly lines: readonly number[]; readonly row: Row }
  | { readonly lines: readonly number[]; readonly skipped: string }
  | { readonly lines: readonly number[]; readonly rejected: string; readonly key?: string }
/**
 * A file that sellers download from the portal. The host unpacks it (csv, tsv, xlsx, zip), finds the
 * line of headings by `signature` and hands over what follows; names are compared trimmed, with
 * single blanks, in any case.
 */
// deno-lint-ignore no-explicit-any -- a list holds reports of different rows
export interface ReportImport<Row = any> {
  readonly id: string
  /** For people: `Order report, dropship`. */
  readonly name: string
  readonly target: 'ORDERS' | 'RETURNS' | 'PAYOUTS'
  /** Four to six headings that stand together in no other report. */
  readonly signature: readonly string[]
  /** Only in a sheet of this name; absent: wherever the signature stands. */
  readonly sheet?: string
  /**
   * Headings that name a row together: lines with the same cells there are handed over one after
   * the other, wherever they stand in the file (at most 5,000 of one row). Absent: as they stand.
   */
  readonly groupBy?: readonly string[]
  /** Every line comes back in exactly one result; lines of one row may stand apart. */
  readonly rows: (
    columns: readonly string[],
    records: AsyncIterable<ReportRecord>,
    account: { readonly externalAccountId: string; readonly now: Date },
  ) => AsyncIterable<ReportResult<Row>>
}

/** What `ctx.table` looks for: the part of an import that finds its lines. */
export interface TableAsk extends Pick<ReportImport, 'signature' | 'sheet' | 'groupBy'> {
  /** Of the file as it comes, hexadecimal: one of another digest is `bad-response`, `digest-differs`. */
  readonly sha256?: string
}
