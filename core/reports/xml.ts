/** XML as events, in chunks that come and go. */
import { SaxesParser } from 'saxes'
import { refuse } from './source.ts'

export interface XmlReader {
  /** Names are without their prefix. */
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void
  readonly text?: (text: string) => void
  readonly close?: (name: string) => void
}

/**
 * Calls the reader for each event; yields after each chunk, so that whoever reads can hand on what
 * has come up. Entities of a document's own are not known, so they cannot blow up.
 */
export const readXml = async function* (
  chunks: AsyncIterable<Uint8Array>,
  reader: XmlReader,
): AsyncIterable<void> {
  const parser = new SaxesParser({ position: false })
  let failed = false
  parser.on('error', () => {
    failed = true
  })
  const { open, text, close } = reader
  if (open) {
    parser.on('opentag', ({ name, attributes }) => {
      open(plain(name), attributes as Readonly<Record<string, string>>)
    })
  }
  if (text) parser.on('text', text)
  if (text) parser.on('cdata', text)
  if (close) parser.on('closetag', ({ name }) => close(plain(name)))
  const decoder = new TextDecoder()
  for await (const chunk of chunks) {
    parser.write(decoder.decode(chunk, { stream: true }))
    if (failed) throw damaged()
    yield
  }
  parser.close()
  if (failed) throw damaged()
  yield
}

const plain = (name: string): string => {
  const at = name.indexOf(':')
  return at < 0 ? name : name.slice(at + 1)
}
const damaged = () => refuse('The workbook is damaged: it cannot be read')
