/** Nukkad: notes that a seller's people leave on orders. */
import { API, definePlugin } from 'robnu/plugin'
import { addNote, listNotes, readNote } from './notes.ts'
import { Note, NoteBody, NoteList, NoteQuery } from './schemas.ts'

export default definePlugin({
  id: 'nukkad',
  api: API,
  version: '0.1.0',
  migrations: [{ id: 1, sql: new URL('./migrations/0001_notes.sql', import.meta.url) }],
  tables: ['nukkad_notes'],
  // who may do it, by the permission that a route asks for
  permissions: {
    'nukkad:read': ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'],
    'nukkad:write': ['OWNER', 'ADMIN', 'OPERATOR'],
  },
  routes: [
    {
      method: 'get',
      path: '/nukkad/notes',
      permission: 'nukkad:read',
      summary: 'Lists the notes on an order, the newest first',
      query: NoteQuery,
      answer: NoteList,
      handle: ({ query }, ctx) => ctx.scope((tx) => listNotes(tx, query)),
    },
    {
      method: 'post',
      path: '/nukkad/notes',
      permission: 'nukkad:write',
      summary: 'Leaves a note on an order',
      body: NoteBody,
      answer: Note,
      // once for each Idempotency-Key: whoever sends it again gets the note that was made
      handle: ({ body }, ctx) => ctx.make((tx) => addNote(tx, body, ctx.now())),
      replay: (id, ctx) => ctx.scope((tx) => readNote(tx, id)),
    },
  ],
  // What takes longer goes to a queue of `queues` by `tx.send`, and is done by its consumer; what
  // comes back every day is one of `sweeps`.
})
