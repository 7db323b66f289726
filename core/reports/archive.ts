/** Zip files, read where their members lie; nothing is unpacked as a whole. */
import { Readable } from 'node:stream'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { failureKind } from '../plugin.ts'
import { maxMembers, maxUnpackedBytes } from './limits.ts'
import { refuse, type Source } from './source.ts'

export interface Member {
  readonly name: string
  /** As the zip file tells it; one that holds more is found damaged when it is read. */
  readonly byteSize: number
  readonly read: () => AsyncIterable<Uint8Array>
}

/** The members, without folders. Throws what tells the seller why it cannot be read. */
export const openArchive = async (source: Source): Promise<readonly Member[]> => {
  const watched = watch(source)
  const members: Member[] = []
  try {
    const zip = await fromRandomAccessReaderPromise(readerOf(watched.source), source.byteSize, {
      autoClose: false,
      // names are never used as paths
      strictFileNames: false,
    })
    if (zip.entryCount > maxMembers) {
      throw refuse(`The zip file holds more than ${maxMembers} files`)
    }
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue
      if (entry.isEncrypted()) throw refuse('The file is locked with a password: save it without')
      const { fileName: name, uncompressedSize: byteSize } = entry
      members.push({ name, byteSize, read: () => readMember(zip, entry, watched) })
    }
  } catch (error) {
    throw watched.wordsFor(error)
  }
  return members
}

/** Throws when what is to be read of the zip file is too much. */
export const refuseBomb = (members: readonly Member[]): void => {
  const sum = members.reduce((total, { byteSize }) => total + byteSize, 0)
  if (sum > maxUnpackedBytes) {
    throw refuse(`The file unpacks to more than ${maxUnpackedBytes / 2 ** 30} GiB: split it`)
  }
}

interface Watched {
  readonly source: Source
  readonly wordsFor: (error: unknown) => unknown
}

/** Knows errors of the source from those of the zip file. */
const watch = (source: Source): Watched => {
  let own: { readonly error: unknown } | undefined
  const read: Source['read'] = async function* (range) {
    try {
      yield* source.read(range)
    } catch (error) {
      own = { error }
      throw error
    }
  }
  return {
    source: { byteSize: source.byteSize, read },
    wordsFor: (error) => {
      if (own) return own.error
      return failureKind(error) ? error : refuse('The file is damaged: it cannot be unpacked')
    },
  }
}

const readMember = async function* (
  zip: ZipFile,
  entry: Entry,
  { wordsFor }: Watched,
): AsyncIterable<Uint8Array> {
  let stream: Readable | undefined
  try {
    stream = await zip.openReadStreamPromise(entry)
    for await (const chunk of stream) yield chunk
  } catch (error) {
    throw wordsFor(error)
  } finally {
    stream?.destroy()
  }
}

/** The list of members is read in many small pieces. */
const blockBytes = 256 * 1024
// declared abstract, though all that is abstract about it is given below
const Reader = RandomAccessReader as unknown as new () => RandomAccessReader

const readerOf = (source: Source): RandomAccessReader => {
  let block = { from: 0, bytes: new Uint8Array() }
  const piece = async (from: number, length: number): Promise<Uint8Array> => {
    const isThere = from >= block.from && from + length <= block.from + block.bytes.length
    if (!isThere) {
      const to = Math.min(source.byteSize, from + Math.max(length, blockBytes))
      const bytes = new Uint8Array(Math.max(0, to - from))
      let at = 0
      for await (const chunk of source.read({ from, to })) {
        bytes.set(chunk, at)
        at += chunk.length
      }
      block = { from, bytes: bytes.subarray(0, at) }
    }
    return block.bytes.subarray(from - block.from, from - block.from + length)
  }
  const read: RandomAccessReader['read'] = (buffer, offset, length, position, done) => {
    piece(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset)
        done(bytes.length === length ? null : new Error('unexpected end'))
      },
      done,
    )
  }
  return Object.assign(new Reader(), {
    read,
    _readStreamForRange: (from: number, to: number) => Readable.from(source.read({ from, to })),
  })
}
