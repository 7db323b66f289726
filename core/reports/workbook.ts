/** Workbooks (.xlsx): their sheets as tables, a row at a time. */
import type { Member } from './archive.ts'
import { isDateFormat } from './cell-format.ts'
import { maxSharedChars } from './limits.ts'
import { readSheet } from './sheet.ts'
import { refuse } from './source.ts'
import type { Table } from './tables.ts'
import { readXml, type XmlReader } from './xml.ts'

const rootPart = 'xl/workbook.xml'

/** True for the members of a zip file that is a workbook. */
export const isWorkbook = (members: readonly Member[]): boolean =>
  members.some(({ name }) => name === rootPart)

/** What is read of it, for its size to be judged first. */
export const partsRead = (members: readonly Member[]): readonly Member[] =>
  members.filter(({ name }) => /^xl\/.*\.(?:xml|rels)$/.test(name) && !/drawing|media/.test(name))

/** The sheets in the order of their tabs; hidden ones too. Texts and formats are read once. */
export const sheetsOf = async (members: readonly Member[]): Promise<readonly Table[]> => {
  const part = (name: string) => members.find((member) => member.name === name)
  const root = part(rootPart)
  if (!root) throw refuse('The workbook is damaged: it has no list of sheets')
  const { sheets, is1904 } = await readRoot(root)
  const targets = await readTargets(part('xl/_rels/workbook.xml.rels'))
  const shared = once(() => readShared(part('xl/sharedStrings.xml')))
  const dates = once(() => readDateStyles(part('xl/styles.xml')))
  return sheets.flatMap(({ name, link }) => {
    const sheet = part(targets.get(link) ?? '')
    if (!sheet) return []
    const rows: Table['rows'] = async function* () {
      const look = { shared: await shared(), dates: await dates(), is1904 }
      yield* readSheet(sheet.read(), look)
    }
    return [{ name, sheet: name, rows }]
  })
}

const once = <T>(work: () => Promise<T>): () => Promise<T> => {
  let made: Promise<T> | undefined
  return () => made ??= work()
}

const drain = async (member: Member, reader: XmlReader): Promise<void> => {
  for await (const _chunk of readXml(member.read(), reader));
}

const readRoot = async (root: Member) => {
  const sheets: { readonly name: string; readonly link: string }[] = []
  let is1904 = false
  await drain(root, {
    open: (name, attributes) => {
      if (name === 'workbookPr') is1904 = /^(?:1|true)$/.test(attributes['date1904'] ?? '')
      const link = attributes['r:id']
      if (name === 'sheet' && link !== undefined) {
        sheets.push({ name: attributes['name'] ?? '', link })
      }
    },
  })
  return { sheets, is1904 }
}

const readTargets = async (rels: Member | undefined): Promise<ReadonlyMap<string, string>> => {
  const targets = new Map<string, string>()
  if (!rels) return targets
  await drain(rels, {
    open: (name, { Id, Target = '' }) => {
      if (name !== 'Relationship' || Id === undefined) return
      targets.set(Id, Target.startsWith('/') ? Target.slice(1) : `xl/${Target}`)
    },
  })
  return targets
}

/** Texts that cells name by their number. Of a text with pronunciation marks: the text alone. */
const readShared = async (member: Member | undefined): Promise<readonly string[]> => {
  const texts: string[] = []
  if (!member) return texts
  let [text, isText, inPhonetic, chars] = ['', false, false, 0]
  await drain(member, {
    open: (name) => {
      if (name === 'si') text = ''
      else if (name === 'rPh') inPhonetic = true
      else if (name === 't') isText = !inPhonetic
    },
    text: (more) => {
      if (isText) text += more
    },
    close: (name) => {
      if (name === 't') isText = false
      else if (name === 'rPh') inPhonetic = false
      if (name !== 'si') return
      chars += text.length + 8
      if (chars > maxSharedChars) {
        throw refuse('The workbook holds too many different texts: save the sheet as CSV')
      }
      texts.push(text)
    },
  })
  return texts
}

/** By the number of a cell's style: whether its number is a date. */
const readDateStyles = async (member: Member | undefined): Promise<readonly boolean[]> => {
  const own = new Map<string, string>()
  const styles: boolean[] = []
  if (!member) return styles
  let inCells = false
  await drain(member, {
    open: (name, { numFmtId = '0', formatCode = '' }) => {
      if (name === 'numFmt') own.set(numFmtId, formatCode)
      else if (name === 'cellXfs') inCells = true
      else if (name === 'xf' && inCells) styles.push(isDateFormat(numFmtId, own.get(numFmtId)))
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false
    },
  })
  return styles
}
