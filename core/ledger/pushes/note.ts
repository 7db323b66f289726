/** What a plugin reads in a push, as far as it can be believed. */
import { z } from 'zod'
import type { Log } from '../../log.ts'
import { type Marketplace, type PushNote, targets } from '../../plugin.ts'
import { targetsOf } from '../../rules/targets.ts'

const form = z.object({
  // PostgreSQL holds any character but NUL
  id: z.string().min(1).max(200).regex(/^[^\0]*$/),
  externalAccountId: z.string().max(200),
  target: z.enum(targets),
})

/** Null where there is nothing to look for, or nothing that this marketplace can look for. */
export const readNote = async (
  marketplace: Marketplace,
  read: (body: unknown) => PushNote | null,
  text: string,
  log: Log,
): Promise<PushNote | null> => {
  let found: unknown
  try {
    // of a plugin in a process of its own it is a promise
    found = await read(JSON.parse(text))
  } catch (error) {
    // no more of it: a parser quotes what it stumbled over
    log.warn('push.unreadable', { name: error instanceof Error ? error.name : 'unknown' })
    return null
  }
  if (found === null || found === undefined) return null
  const note = form.safeParse(found)
  if (note.success && targetsOf(marketplace).includes(note.data.target)) return note.data
  log.warn('push.unreadable', { name: 'note' })
  return null
}
