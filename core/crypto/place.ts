/** The bytes that say where a sealed value belongs; they are authenticated with it. */
import { Buffer } from 'node:buffer'

/** A column of a seller's table, with the bytes that all its values have in common. */
export interface SealedColumn {
  readonly sellerId: string
  readonly table: string
  readonly column: string
  /**
   * `format u8 | key version u32 BE`, then seller, table and column, each behind its length in bytes
   * (u32 BE), then room for the id of a row. Written over by every use.
   */
  readonly place: Buffer
  readonly rowAt: number
}

const rowIdLength = 36 // a UUID's; other ids are possible, and slower

export const columnOf = (sellerId: string, table: string, column: string): SealedColumn => {
  const parts = [sellerId, table, column].flatMap((part) => {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  const common = Buffer.concat([Buffer.alloc(5), ...parts])
  const place = Buffer.concat([common, Buffer.alloc(rowIdLength)])
  return { sellerId, table, column, place, rowAt: common.length }
}

/** Valid until the next call. No two places are the same bytes: only the last part has no length. */
export const writePlace = (
  format: number,
  version: number,
  { place, rowAt }: SealedColumn,
  rowId: string,
): Buffer => {
  place[0] = format
  place[1] = version >>> 24
  place[2] = version >>> 16
  place[3] = version >>> 8
  place[4] = version
  const other = () => Buffer.concat([place.subarray(0, rowAt), Buffer.from(rowId)])
  if (rowId.length !== rowIdLength) return other()
  // for so few bytes much quicker than Buffer.write
  for (let i = 0; i < rowIdLength; i++) {
    const code = rowId.charCodeAt(i)
    if (code > 0x7f) return other()
    place[rowAt + i] = code
  }
  return place
}
