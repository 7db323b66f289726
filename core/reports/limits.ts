/** How much a file of a seller may be: what is larger is refused, and nothing grows with it. */

const mebi = 1024 * 1024

/** Of the upload itself. */
export const maxFileBytes = 200 * mebi
/** What browsers and curl call files of a marketplace. */
export const fileTypes = [
  'application/octet-stream',
  'text/csv',
  'text/tab-separated-values',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.ms-excel',
  'application/zip',
  'application/x-zip-compressed',
  'application/gzip',
  'application/x-gzip',
] as const
/** Of what is packed in it, all together: no more than a sheet of a million short lines. */
export const maxUnpackedBytes = 1024 * mebi
/** A workbook inside of a zip is unpacked into memory first. */
export const maxInnerBytes = 64 * mebi
/** The texts that cells of a workbook share have to be at hand while it is read. */
export const maxSharedChars = 64 * mebi
export const maxMembers = 1_000
export const maxLines = 2_000_000
export const maxColumns = 1_000
/** A quotation mark that is never closed makes one cell of all that follows. */
export const maxLineBytes = mebi
/** Where the line of headings is looked for. */
export const headingLines = 50
/** Lines that have to come together are held at most so long, in characters; the rest waits. */
export const maxHeldChars = 16 * mebi
/** Lines of one row. */
export const maxLinesOfRow = 5_000
