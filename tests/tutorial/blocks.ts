/** The tutorial as data: the blocks that a test runs, in their order. */
import { readFileSync } from 'node:fs'

export interface Block {
  readonly kind: 'sh' | 'diff'
  readonly text: string
  /** The heading above it. */
  readonly step: string
}

/** Fences below the mark `<!-- test: tutorial -->`. */
export const blocksOf = (file: URL): readonly Block[] => {
  const blocks: Block[] = []
  let step = ''
  const parts = readFileSync(file, 'utf8')
    .matchAll(/^### (.+)$|^<!-- test: tutorial -->\n\n```(sh|diff)\n([^]*?)^```$/gm)
  for (const [, heading, kind, text] of parts) {
    if (heading !== undefined) step = heading
    else blocks.push({ kind: kind === 'diff' ? 'diff' : 'sh', text: text ?? '', step })
  }
  return blocks
}

/**
 * Applies a block of one file: the lines that stay and those that go are found once, as they stand,
 * and those that stay and those that come take their place.
 */
export const applied = (source: string, diff: string): string => {
  const lines = diff.split('\n').slice(1).filter((line) => line !== '')
  const side = (mark: string) =>
    lines.filter((line) => line.startsWith(' ') || line.startsWith(mark))
      .map((line) => `${line.slice(1)}\n`).join('')
  const before = side('-')
  const places = source.split(before).length - 1
  if (places !== 1) throw new Error(`Cannot apply: its lines are there ${places} times\n${diff}`)
  return source.replace(before, () => side('+'))
}

/** The file that a block is about, from the first line. */
export const fileOf = (diff: string): string => /^--- (\S+)/.exec(diff)?.[1] ?? ''
