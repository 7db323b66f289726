/**
 * Tries to write files, to start programs and to read elsewhere, in every way that comes to mind;
 * prints what became of each. Its argument is a folder with `old`, `outside.json`, `nothing.mjs`.
 */
import childProcess from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const { Deno } = globalThis
const [folder = ''] = process.argv.slice(2)
const at = (name) => join(folder, name)
const old = at('old')
const outside = at('outside.json')
const stream = async (open) => {
  await once(open.end('x'), 'close')
}
const run = async (child) => {
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`it ended with ${code}`)
}
const worked = ({ error, status }) => {
  if (error || status !== 0) throw error ?? new Error(`it ended with ${status}`)
}

const writing = {
  'Deno.writeTextFile': () => Deno.writeTextFile(at('1'), 'x'),
  'Deno.writeFileSync': () => Deno.writeFileSync(at('2'), new Uint8Array(1)),
  'Deno.open': async () => (await Deno.open(at('3'), { write: true, create: true })).close(),
  'Deno.create': async () => (await Deno.create(at('4'))).close(),
  'Deno.mkdir': () => Deno.mkdir(at('5')),
  'Deno.makeTempFile': () => Deno.makeTempFile({ dir: folder }),
  'Deno.makeTempDir': () => Deno.makeTempDir({ dir: folder }),
  'Deno.copyFile': () => Deno.copyFile(old, at('6')),
  'Deno.link': () => Deno.link(old, at('7')),
  'Deno.symlink': () => Deno.symlink(old, at('8')),
  'Deno.chmod': () => Deno.chmod(old, 0o600),
  'Deno.truncate': () => Deno.truncate(old),
  'Deno.utime': () => Deno.utime(old, 1, 1),
  'fs.writeFileSync': () => fs.writeFileSync(at('11'), 'x'),
  'fs.promises.writeFile': () => fs.promises.writeFile(at('12'), 'x'),
  'fs.appendFileSync': () => fs.appendFileSync(old, 'x'),
  'fs.openSync': () => fs.closeSync(fs.openSync(at('13'), 'w')),
  'fs.createWriteStream': () => stream(fs.createWriteStream(at('14'))),
  'fs.mkdirSync': () => fs.mkdirSync(at('15/deep'), { recursive: true }),
  'fs.mkdtempSync': () => fs.mkdtempSync(at('16-')),
  'fs.copyFileSync': () => fs.copyFileSync(old, at('17')),
  'fs.cpSync': () => fs.cpSync(old, at('18')),
  'fs.linkSync': () => fs.linkSync(old, at('19')),
  'fs.symlinkSync': () => fs.symlinkSync(old, at('20')),
  'fs.chmodSync': () => fs.chmodSync(old, 0o600),
  'fs.utimesSync': () => fs.utimesSync(old, 1, 1),
  'sqlite': async () => {
    const { DatabaseSync } = await import('node:sqlite')
    new DatabaseSync(at('21')).exec('create table t (x)')
  },
  // the web platform's stores lie in files as well, though their paths are nobody's choice
  'localStorage': () => localStorage.setItem('written', 'x'),
  'caches': async () => {
    await (await caches.open('written')).put('http://a.example/', new Response('x'))
  },
  'fs.renameSync': () => fs.renameSync(outside, at('moved')),
  'Deno.rename': () => Deno.rename(at('moved'), outside),
  'fs.rmSync': () => fs.rmSync(old),
}
const shell = 'true'
const starting = {
  'Deno.Command.output': () => new Deno.Command(shell).output(),
  'Deno.Command.outputSync': () => new Deno.Command(shell).outputSync(),
  'Deno.Command.spawn': () => new Deno.Command(shell).spawn().status,
  'Deno itself': () => new Deno.Command(Deno.execPath(), { args: ['--version'] }).output(),
  'child_process.spawn': () => run(childProcess.spawn(shell)),
  'child_process.spawnSync': () => worked(childProcess.spawnSync(shell)),
  'child_process.exec': () => run(childProcess.exec(shell)),
  'child_process.execFileSync': () => childProcess.execFileSync(shell),
  'child_process.execSync': () => childProcess.execSync(shell),
  'child_process.fork': () => run(childProcess.fork(at('nothing.mjs'))),
  'Deno.dlopen': () => Deno.dlopen('libc.so.6', {}).close(),
  'Deno.kill': () => Deno.kill(process.ppid, 'SIGCONT'),
  'process.kill': () => process.kill(process.ppid, 'SIGCONT'),
}
const reading = {
  'Deno.readTextFile': () => Deno.readTextFile(outside),
  'Deno.readDir': () => Array.fromAsync(Deno.readDir(folder)),
  'Deno.stat': () => Deno.stat(outside),
  'fs.readFileSync': () => fs.readFileSync(outside),
  'fs.readFileSync of the system': () => fs.readFileSync('/etc/passwd'),
  'fs.createReadStream': () => once(fs.createReadStream(outside).resume(), 'end'),
  'fs.readdirSync': () => fs.readdirSync(folder),
  'fetch': async () => await (await fetch(pathToFileURL(outside))).text(),
  'import': () => import(pathToFileURL(outside).href, { with: { type: 'json' } }),
  'the environment of another process': () => fs.readFileSync(`/proc/${process.ppid}/environ`),
}

const outcomes = async (attempts) => {
  const found = {}
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt()
      found[name] = 'done'
    } catch (error) {
      found[name] = `${error.name}${error.code ? ` ${error.code}` : ''}: ${error.message}`
    }
  }
  return found
}
// the last of writing takes the files away: reading goes first
const report = {
  reading: await outcomes(reading),
  starting: await outcomes(starting),
  writing: await outcomes(writing),
}
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)
