/** The app as a process of its own: on Node as it is, on Deno with the published permissions only. */
import { devNull } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './local/child.ts'
import { localFault } from './local/faults.ts'

/**
 * All that the app may do on Deno: reach the network, read the environment and its own files, and
 * tell the system's release to AWS. It can neither write a file nor start a program.
 */
export const denoPermissions = [
  '--no-prompt',
  '--allow-net',
  '--allow-env',
  '--allow-read=.',
  // keys of the local parts; the app is given its own
  '--deny-read=.robnu',
  '--allow-sys=osRelease,ca',
] as const

/**
 * What else keeps the app on Deno from writing: the stores of the web platform (`caches`,
 * `localStorage`) lie below DENO_DIR and ask for no permission. Costs half a second at the start.
 */
export const denoEnvironment = 'Deno' in globalThis ? { DENO_DIR: devNull } : {}

const projectFolder = fileURLToPath(new URL('..', import.meta.url))

/** `hasProcesses`: isolated plugins are run by the runtime itself, without a permission but to read. */
export const appCommand = (
  script = 'scripts/serve.ts',
  hasProcesses = false,
): readonly string[] => [
  process.execPath,
  ...'Deno' in globalThis ? ['run', ...denoPermissions] : [],
  ...'Deno' in globalThis && hasProcesses ? [`--allow-run=${process.execPath}`] : [],
  join(projectFolder, script),
]

export interface AppProcess {
  readonly url: string
  readonly child: Child
}

/** Resolves when the app says that it is ready; rejects with its own words when it ends before. */
export const startAppProcess = async (options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onLine: (line: string) => void
  /** An isolated plugin is enabled. */
  readonly hasProcesses?: boolean
  /** Called before the app is ready, so that it can be stopped on its way there. */
  readonly onStart?: (child: Child) => void
}): Promise<AppProcess> => {
  const [command = '', ...args] = appCommand(undefined, options.hasProcesses)
  const lastWords: string[] = []
  let ready: (url: string) => void = () => {}
  const url = new Promise<string>((resolve) => ready = resolve)
  const child = await startChild(command, {
    args,
    // where the configuration and the node_modules of an installation are; of a clone, the clone
    cwd: process.cwd(),
    env: { ...options.env, ...denoEnvironment, ROBNU_PARENT: String(process.pid) },
    onLine: (line, stream) => {
      options.onLine(line)
      if (stream === 'stderr') lastWords.push(line)
      if (line.includes('"app.ready"')) ready(String(JSON.parse(line).url))
    },
  })
  options.onStart?.(child)
  const ended = child.exited.then(() => {
    throw localFault(lastWords.slice(-20).join('\n') || 'The app has ended before it was ready')
  })
  return { url: await Promise.race([url, ended]), child }
}
