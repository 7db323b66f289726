/** COPY in both directions through `pg`, which has the messages and no methods for them. */
import { Buffer } from 'node:buffer'
import type { Client, Connection, Submittable } from 'pg'

/** The members of pg's connection that are used here; they are not in its public types. */
interface CopyWire {
  query(text: string): void
  sendCopyFromChunk(chunk: Uint8Array): void
  endCopyFrom(): void
}
interface Copy extends Submittable {
  readonly handleCopyInResponse: (connection: Connection) => void
  readonly handleCopyData: (message: { readonly chunk: Uint8Array }) => void
  readonly handleCommandComplete: () => void
  readonly handleReadyForQuery: () => void
  readonly handleError: (error: Error) => void
}

const chunkBytes = 65_536

/** Sends bytes that lie ready in the format that `copy` names. */
export const copyIn = (client: Client, copy: string, bytes: Uint8Array): Promise<void> =>
  run(client, copy, {
    start: (wire) => {
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        wire.sendCopyFromChunk(bytes.subarray(at, at + chunkBytes))
      }
      wire.endCopyFrom()
    },
    take: () => {},
  })

export const copyOut = async (client: Client, copy: string): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  // a copy: pg reads the next message into the same memory
  await run(client, copy, { start: () => {}, take: (chunk) => chunks.push(Buffer.from(chunk)) })
  return Buffer.concat(chunks)
}

const run = (
  client: Client,
  text: string,
  on: {
    readonly start: (wire: CopyWire) => void
    readonly take: (chunk: Uint8Array) => void
  },
): Promise<void> =>
  new Promise((resolve, reject) => {
    let failed = false
    const copy: Copy = {
      submit: (connection) => wireOf(connection).query(text),
      handleCopyInResponse: (connection) => on.start(wireOf(connection)),
      handleCopyData: ({ chunk }) => on.take(chunk),
      handleCommandComplete: () => {},
      handleReadyForQuery: () => failed || resolve(),
      handleError: (error) => {
        failed = true
        reject(error)
      },
    }
    client.query(copy)
  })

const wireOf = (connection: Connection): CopyWire => connection as unknown as CopyWire
