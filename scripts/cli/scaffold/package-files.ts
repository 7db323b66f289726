/** What a plugin needs beside its own files to be a package: as few dependencies as possible. */
import { readFileSync } from 'node:fs'
import type { Names } from './names.ts'

interface Versions {
  readonly robnu: string
  readonly zod: string
  readonly typescript: string
  readonly types: string
}

const strict = {
  target: 'esnext',
  module: 'nodenext',
  lib: ['esnext', 'dom', 'dom.iterable', 'dom.asynciterable'],
  types: ['node'],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
}

/** Paths from the folder of the package, with their texts. */
export const packageFiles = (names: Names): ReadonlyMap<string, string> => {
  const versions = readVersions()
  return new Map([
    ['package.json', json(manifest(names, versions))],
    ['deno.json', json(denoSettings)],
    ['tsconfig.json', json({ compilerOptions: strict, exclude: ['dist'] })],
    ['.gitignore', 'node_modules/\ndist/\n.robnu/\n*.tgz\n'],
  ])
}

const manifest = ({ packageName, name }: Names, versions: Versions) => ({
  name: packageName,
  version: '0.1.0',
  description: `${name} for Robnu`,
  type: 'module',
  exports: './mod.ts',
  scripts: {
    test: 'tsc && node --test "tests/*.test.ts"',
    conformance: 'robnu conformance .',
    pack: 'node pack.mjs',
  },
  dependencies: { zod: versions.zod },
  // whichever Robnu loads it: the contract is the number `api`, not a version
  peerDependencies: { robnu: '*' },
  devDependencies: {
    '@types/node': versions.types,
    robnu: versions.robnu,
    typescript: versions.typescript,
  },
})

const denoSettings = {
  nodeModulesDir: 'manual',
  exclude: ['node_modules', 'dist', '.robnu'],
  tasks: {
    test: 'deno test -A tests/',
    conformance: 'deno run -A node_modules/robnu/scripts/robnu.mjs conformance .',
    pack: 'deno run -A pack.mjs',
  },
  fmt: {
    semiColons: false,
    singleQuote: true,
    lineWidth: 100,
    proseWrap: 'preserve',
    exclude: ['sample.json', 'package-lock.json'],
  },
}

/** Of our own package: the clone has them among its development, an installation beside them. */
const readVersions = (): Versions => {
  const file = new URL('../../../package.json', import.meta.url)
  const { version, dependencies, devDependencies, scaffold } = JSON.parse(
    readFileSync(file, 'utf8'),
  )
  return {
    robnu: version,
    zod: dependencies.zod,
    ...(scaffold ??
      { typescript: devDependencies.typescript, types: devDependencies['@types/node'] }),
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
