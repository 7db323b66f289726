/** What became of each shipment of a write. Flipkart answers 200 where some, or all, have failed. */
import { failureOf } from 'robnu/plugin'
import type { WriteLine } from '../answers.ts'

/** By shipment: the code of its refusal, undefined where it was done. What is not told is not there. */
type Outcomes = ReadonlyMap<string, string | undefined>

/**
 * Sends all at once. A request that is refused as a whole has done nothing: it is sent again by halves,
 * so that one bad shipment keeps no other back.
 */
export const send = async <T extends { readonly id: string }>(
  shipments: readonly T[],
  write: (shipments: readonly T[]) => Promise<readonly WriteLine[]>,
): Promise<Outcomes> => {
  try {
    const lines = await write(shipments)
    return new Map(lines.map((line) => [line.shipmentId, refusalOf(line)]))
  } catch (error) {
    const { status, code } = failureOf(error) ?? {}
    if (status !== 400 && status !== 422) throw error
    const [only, ...others] = shipments
    if (only && others.length === 0) {
      return new Map([[only.id, (code ?? unnamed).toUpperCase().replaceAll('-', '_')]])
    }
    const half = Math.ceil(shipments.length / 2)
    const first = await send(shipments.slice(0, half), write)
    return new Map([...first, ...await send(shipments.slice(half), write)])
  }
}

const unnamed = 'UNPROCESSABLE_ENTITY'

const refusalOf = ({ status, errorCode }: WriteLine): string | undefined => {
  // its case varies, and a code says more than the word beside it
  if (errorCode) return errorCode
  return status?.toUpperCase() === 'FAILURE' ? unnamed : undefined
}

/** The state was another one: it may be what is wanted, so the shipment is read again. */
export const isOfState = (code: string): boolean => code === 'INVALID_ITEM_STATE'
