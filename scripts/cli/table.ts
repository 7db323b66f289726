/** Rows for people: columns as wide as what stands in them. */

/** The first row is the heading. Numbers stand right. */
export const tableOf = (rows: readonly (readonly (string | number)[])[]): readonly string[] => {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, String(cell).length)),
    [],
  )
  return rows.map((row) =>
    row.map((cell, at) => {
      const width = widths[at] ?? 0
      return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
    }).join('  ').trimEnd()
  )
}

/** `2026-01-31 10:15 UTC`; a dash for never. */
export const timeOf = (at: Date | null): string =>
  at === null ? '–' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
