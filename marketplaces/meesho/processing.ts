/**
 * From the open sub-order to the manifest: seven stages in a fixed order. Stop it anywhere: what is
 * recorded is not done again, and what was begun is read at Meesho before it is written again.
 */
import { accept, read } from './processing/accept.ts'
import { openDesk, type Stage, type Step, steps } from './processing/desk.ts'
import { label, pack } from './processing/label.ts'
import { check, close, manifest } from './processing/manifest.ts'
import type { MeeshoAdapter } from './sync.ts'

const stages: Readonly<Record<Step, Stage>> = {
  read,
  accept,
  pack,
  label,
  check,
  manifest,
  close,
}

export const fullProcessing: NonNullable<MeeshoAdapter['fullProcessing']> = async function* (
  account,
  batch,
  ctx,
) {
  const desk = openDesk(account, batch, ctx)
  for (const step of steps) {
    for await (const result of stages[step](desk)) {
      desk.note(result)
      yield result
    }
  }
}
