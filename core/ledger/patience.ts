/** How often an account's credentials are refreshed before the seller is asked. */
import { failureOf } from '../plugin.ts'

/**
 * A refusal is answered with one refresh; a second one without a page in between is for the seller
 * to mend. A token that the adapter itself found to be over is no refusal, within reason.
 */
export const createPatience = () => {
  let pagesBefore = -1
  let refused = 0
  let expired = 0
  return {
    isOver: (error: unknown, pages: number): boolean => {
      if (pages !== pagesBefore) refused = expired = 0
      pagesBefore = pages
      if (failureOf(error)?.code === 'token-expired') return ++expired > 5
      return ++refused > 1
    },
  }
}
