/** Folders outside of the tree in which plugins are changed, and the processes that judge them. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Mutant, mutated, sourcesOf } from './draw.ts'
import type { Verdict } from './judge.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const judge = fileURLToPath(new URL('./judge.ts', import.meta.url))
const limitMs = 240_000

export type Judged =
  | Verdict
  /** The process had to be killed, or ended by itself without a word. */
  | { readonly outcome: 'hung' | 'ended'; readonly checks: number; readonly ms: number }

export interface Bed {
  /** The plugin with the mutant in it, or as it is. */
  readonly judge: (folder: string, mutant?: Mutant) => Promise<Judged>
  readonly remove: () => void
}

/**
 * One bed judges one mutant at a time. `quick`: only by what is held against the files of the sample,
 * which sees nearly all of them.
 */
export const makeBed = (folders: readonly string[], extent: 'whole' | 'quick' = 'whole'): Bed => {
  const place = mkdtempSync(join(tmpdir(), 'robnu-mutants-'))
  const packages = join(place, 'node_modules')
  mkdirSync(packages)
  symlinkSync(root, join(packages, 'robnu'))
  symlinkSync(join(root, 'node_modules/zod'), join(packages, 'zod'))
  writeFileSync(join(place, 'package.json'), '{"type":"module"}\n')
  for (const folder of folders) {
    const copy = join(place, basename(folder))
    for (const file of sourcesOf(folder)) cpSync(join(folder, file), join(copy, file))
    cpSync(join(folder, 'migrations'), join(copy, 'migrations'), { recursive: true })
  }
  return {
    judge: async (folder, mutant) => {
      const copy = join(place, basename(folder))
      if (!mutant) return await judged([copy, folder, '', extent])
      const file = join(copy, mutant.file)
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, mutated(text, mutant))
      try {
        return await judged([copy, folder, hintOf(mutant.file), extent])
      } finally {
        writeFileSync(file, text)
      }
    },
    remove: () => rmSync(place, { recursive: true, force: true }),
  }
}

/** How the ids of the checks begin that are most likely to see a change in this file. */
const hintOf = (file: string): string =>
  ['imports', 'processing', 'stock', 'returns'].find((word) => file.startsWith(word)) ??
    (file.startsWith('settlements') ? 'payouts' : '')

const judged = (words: readonly string[]): Promise<Judged> =>
  new Promise((resolve, reject) => {
    const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
    const child = spawn(process.execPath, [...runtime, judge, ...words], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const begun = performance.now()
    let said = ''
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      child.kill('SIGKILL')
    }, limitMs)
    child.stdout.on('data', (part: Uint8Array) => void (said += new TextDecoder().decode(part)))
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(timer)
      const last = said.trimEnd().split('\n').at(-1) ?? ''
      const ms = Math.round(performance.now() - begun)
      if (last.startsWith('{"outcome"')) resolve(JSON.parse(last) as Verdict)
      else resolve({ outcome: hung ? 'hung' : 'ended', checks: 0, ms })
    })
  })
