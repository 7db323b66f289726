/**
 * `npm run pack`: what is published, in dist/ and as a .tgz. Node and Deno refuse TypeScript below
 * node_modules, so a package holds JavaScript with declarations.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'

const windows = process.platform === 'win32' // where npm is a script
const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: windows })
  if (status === 0) return
  process.stderr.write(`Cannot pack: ${command} ended with ${error?.message ?? status}\n`)
  process.exit(1)
}

rmSync('dist', { recursive: true, force: true })
const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8'))
const settings = {
  ...compilerOptions,
  noEmit: false,
  declaration: true,
  rootDir: '.',
  outDir: 'dist',
}
const exclude = ['dist', 'tests', 'node_modules']
writeFileSync('tsconfig.pack.json', JSON.stringify({ compilerOptions: settings, exclude }))
const deno = 'Deno' in globalThis ? ['run', '-A'] : []
run(process.execPath, [...deno, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.pack.json'])
rmSync('tsconfig.pack.json')

for (const path of ['migrations', 'sample.json', 'README.md']) {
  if (existsSync(path)) cpSync(path, `dist/${path}`, { recursive: true })
}
const { scripts: _scripts, devDependencies: _tools, ...manifest } = JSON.parse(
  readFileSync('package.json', 'utf8'),
)
const exports = { types: './mod.d.ts', default: './mod.js' }
writeFileSync('dist/package.json', JSON.stringify({ ...manifest, exports }, null, 2))
run('npm', ['pack', './dist', '--ignore-scripts'])
