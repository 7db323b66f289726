/** COPY FROM STDIN through `pg`, which has the messages and no method for them. */
import type { Client, Connection, Submittable } from 'pg'

/** The members of pg's connection that are used here; they are not in its public types. */
interface CopyWire {
  query(text: string): void
  sendCopyFromChunk(chunk: Uint8Array): void
  endCopyFrom(): void
}
interface Copy extends Submittable {
  readonly handleCopyInResponse: (connection: Connection) => void
  readonly handleCommandComplete: () => void
  readonly handleReadyForQuery: () => void
  readonly handleError: (error: Error) => void
}

const chunkBytes = 65_536

/** Sends bytes that lie ready in the format that `copy` names. */
export const copyIn = (client: Client, copy: string, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    let failed = false
    const submittable: Copy = {
      submit: (connection) => wireOf(connection).query(copy),
      handleCopyInResponse: (connection) => {
        const wire = wireOf(connection)
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          wire.sendCopyFromChunk(bytes.subarray(at, at + chunkBytes))
        }
        wire.endCopyFrom()
      },
      handleCommandComplete: () => {},
      handleReadyForQuery: () => failed || resolve(),
      handleError: (error) => {
        failed = true
        reject(error)
      },
    }
    client.query(submittable)
  })

const wireOf = (connection: Connection): CopyWire => connection as unknown as CopyWire
