/** Reads the project as it lies on disk; nothing here knows a rule. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const roots = ['core', 'marketplaces', 'migrations', 'plugins', 'scripts', 'tests', '.ci']
const notOurs = /(?:^|\/)(?:node_modules|\.robnu|coverage)(?:\/|$)/

export const topLevelNames = (): string[] => readdirSync(root)

/** Every text file of the project: the trees and what lies at the top. */
export const readTree = (): SourceFile[] => {
  const below = roots.filter((name) => existsSync(`${root}${name}`)).flatMap(listFiles)
  const top = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.log'))
    .map(({ name }) => name)
  return [...below, ...top].map(readText).filter(({ text }) => !text.includes('\0'))
}

/** The folders that the map names: each explains itself in a README.md. */
export const listFolders = (): string[] =>
  roots.filter((name) => name !== '.ci' && existsSync(`${root}${name}`)).flatMap((name) =>
    name === 'tests' || name === 'migrations' ? [name] : [
      name,
      ...readdirSync(`${root}${name}`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${name}/${entry.name}`),
    ]
  )

/** What git knows and the disk still has; null outside a checkout. */
export const trackedSources = (): string[] | null => {
  const { status, stdout } = spawnSync('git', ['ls-files', '--', '*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) return null
  return stdout.split('\n').filter((path) => path !== '' && existsSync(`${root}${path}`))
}

const listFiles = (folder: string): string[] =>
  readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (notOurs.test(path)) return []
    if (entry.isDirectory()) return listFiles(path)
    return entry.isFile() ? [path] : []
  })

const readText = (path: string): SourceFile => ({
  path,
  text: readFileSync(`${root}${path}`, 'utf8'),
})
