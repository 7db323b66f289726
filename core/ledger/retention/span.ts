/** How long buyers are kept: by what the marketplace's plugin says, never longer. Pure. */

/**
 * Where a plugin says nothing: longer than the windows that are known in which a parcel comes back or a
 * claim is open (60 days are the longest), and no longer, because then the purpose is served.
 */
export const usualBuyerDays = 90
/** What a plugin may say at most; the check of `marketplaces.buyer_days` is the same. */
const mostBuyerDays = 180
/**
 * A parcel is on its way for days, not for a month: one that nobody calls delivered counts as delivered
 * on the day on which it was last told to have moved on, so that no buyer is kept longer for want of a
 * word. Terms that count from shipment are met by that as well.
 */
const sentDays = 30
/**
 * An order that was never sent counts as over when nothing was said of it for so long, or for so long
 * behind the day by which it is to be shipped.
 */
const silentDays = 60
/**
 * Whatever is said: so many days, and those of the marketplace, after the order came here. Longer than
 * orders are open, so that it meets those alone whose times are wrong or move on for ever.
 */
const openDays = 90
/**
 * Tax invoices outlive buyers' fields: eight years behind the end of their financial year (Companies
 * Act 2013, section 128; the CGST Act asks for six).
 */
export const invoiceDays = 9 * 366
const dayMs = 86_400_000

/**
 * The last month of the archive of raw answers that is to be destroyed; 202611 is November 2026, in UTC.
 * A month is over and its first day so old: one key seals what many days brought, and none of them may
 * stay longer than the shortest time among the seller's marketplaces.
 */
export const lastArchiveMonth = (now: Date, days: number): number => {
  const old = new Date(now.getTime() - (days - 1) * dayMs)
  const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1))
  const last = old < before ? old : before
  // of the month in which the day lies the first day is as old, or older
  return last.getUTCFullYear() * 100 + last.getUTCMonth() + 1
}

/** The first instant at which that month of the archive is to be destroyed. */
export const archiveMonthEnds = (month: number, days: number): Date => {
  const [year, at] = [Math.floor(month / 100), month % 100]
  const [first, over] = [Date.UTC(year, at - 1, 1), Date.UTC(year, at, 1)]
  return new Date(Math.max(over, first + (days - 1) * dayMs))
}

/** Days after delivery: what the plugin says, which `most` shortens. */
export const buyerDays = (declared: number | null, most: number | null): number =>
  Math.min(declared ?? usualBuyerDays, most ?? mostBuyerDays)

export interface Span {
  readonly days: number
  /** By the clock of the marketplace: orders that ended before are due. */
  readonly endedBefore: Date
  /** Orders on their way that have not moved on since. */
  readonly sentBefore: Date
  /** Orders of which nothing was heard since. */
  readonly silentBefore: Date
  /** By our own clock: orders that came here before, whatever was said of them. */
  readonly cameBefore: Date
  /** By our own clock: raw rows and files that came before. */
  readonly receivedBefore: Date
  readonly invoicesBefore: Date
}

/**
 * `declared`: by the plugin. `most`: what the configuration allows; it shortens and never lengthens.
 * What is due is a day early, so that a run that fails can be made up before the last day is over.
 */
export const spanOf = (
  { declared, most, upstreamNow, now }: {
    readonly declared: number | null
    readonly most: number | null
    readonly upstreamNow: Date
    readonly now: Date
  },
): Span => {
  const days = buyerDays(declared, most)
  const before = (at: Date, span: number) => new Date(at.getTime() - span * dayMs)
  return {
    days,
    endedBefore: before(upstreamNow, days - 1),
    sentBefore: before(upstreamNow, Math.max(days, sentDays) - 1),
    silentBefore: before(upstreamNow, Math.max(days, silentDays) - 1),
    cameBefore: before(now, days + openDays - 1),
    receivedBefore: before(now, days - 1),
    invoicesBefore: before(now, invoiceDays),
  }
}
