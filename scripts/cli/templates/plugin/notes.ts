/** The statements: inside one seller's scope, with row security behind each of them. */
import { failure, type MakingTx, type SellerTx } from 'robnu/plugin'
import { Note, type NoteBody, type NoteQuery } from './schemas.ts'
import type { z } from 'zod'

export const listNotes = async (tx: SellerTx, { order }: z.infer<typeof NoteQuery>) => ({
  data: await tx.any(
    Note,
    `select id, order_id as "order", text, created_at from nukkad_notes
      where seller_id = $1 and order_id = $2 order by created_at desc, id limit 100`,
    [tx.sellerId, order],
  ),
})

export const addNote = async (
  tx: MakingTx,
  { order, text }: z.infer<typeof NoteBody>,
  at: Date,
): Promise<Note> => {
  const [note] = await tx.any(
    Note,
    `insert into nukkad_notes (seller_id, id, order_id, text, created_at)
      select seller_id, gen_random_uuid(), id, $3, $4 from orders
        where seller_id = $1 and id = $2
      returning id, order_id as "order", text, created_at`,
    [tx.sellerId, order, text, at.toISOString()],
  )
  if (!note) throw failure('rejected', 'There is no such order')
  tx.made(note.id)
  await tx.audit('note.added', `order:${order}`)
  return note
}

export const readNote = async (tx: SellerTx, id: string): Promise<Note> => {
  const [note] = await tx.any(
    Note,
    `select id, order_id as "order", text, created_at from nukkad_notes
      where seller_id = $1 and id = $2`,
    [tx.sellerId, id],
  )
  if (!note) throw failure('rejected', 'There is no such note')
  return note
}
