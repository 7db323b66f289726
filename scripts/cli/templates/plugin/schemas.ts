/** What goes in and out. */
import { z } from 'zod'

// database drivers give an instant as a Date, as text or as milliseconds
const instant = z.union([z.date(), z.string(), z.number()])
  .transform((value) => new Date(value).toISOString())

export const NoteQuery = z.object({ order: z.uuid() })
export const NoteBody = z.strictObject({ order: z.uuid(), text: z.string().min(1).max(2000) })
export const Note = z.object({
  id: z.uuid(),
  order: z.uuid(),
  text: z.string(),
  created_at: instant,
})
export type Note = z.infer<typeof Note>
export const NoteList = z.object({ data: z.array(Note) })
