/** A file that a command writes into. */
import { createWriteStream, type WriteStream } from 'node:fs'

/** For its owner alone. Throws where there is one already: nothing is ever written over. */
export const openNew = async (path: string): Promise<WriteStream> => {
  const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  await new Promise<void>((opened, failed) => {
    stream.once('open', () => opened())
    stream.once('error', (error) =>
      failed(
        'code' in error && error.code === 'EEXIST'
          ? new Error(`Cannot write "${path}": it is there already`)
          : error,
      ))
  })
  return stream
}
