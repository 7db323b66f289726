/** Where the transaction report and the settlement report tell the same money. */

/** The types of transactions that stand in both with an order. */
export const statementTypes = ['Order', 'Refund']

/**
 * The line that is one order's share of a settlement. The transaction report has one for each, as a
 * forecast; one of the settlement's own lines of that order bears it too, so that the settlement takes
 * it out of the forecast, whichever of the two came first.
 */
export const statementLineId = (settlementId: string, type: string, orderId: string): string =>
  `statement/${settlementId}/${type}/${orderId}`
