/** `npm start` as a process of its own, in an empty folder: for tests that need the whole system. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface Launched {
  /** Rejects when it ends before it has said this. */
  readonly says: (pattern: RegExp) => Promise<void>
  readonly lines: () => readonly string[]
  readonly interrupt: () => void
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>
}
export interface DemoUser {
  readonly seller: string
  readonly email: string
  readonly password: string
  readonly role: string
}

/** The environment as it is, without what would replace a part. */
const environment = (): Record<string, string> => {
  const ours = /^(?:ROBNU_|DATABASE_|AWS_|REDIS_URL$|PORT$|HOST$|VITEST|NODE_ENV$|NODE_OPTIONS$)/
  return Object.fromEntries(
    Object.entries(process.env).filter(([name, value]) => value !== undefined && !ours.test(name)),
  ) as Record<string, string>
}

export const launch = (
  home: string,
  options: { readonly args?: readonly string[]; readonly env?: Record<string, string> } = {},
): Launched => {
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
  const args = [...runtime, 'scripts/start.ts', ...options.args ?? []]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...environment(),
      ROBNU_PLUGINS: './marketplaces/amazon/mod.ts',
      ROBNU_HOME: home,
      // tests ask more often than a seller may
      ROBNU_LIMITS: 'burst=1000000/60,write=1000000/60',
      PORT: '0',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let rest = ''
  let errors = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const found = (rest + text).split('\n')
    rest = found.pop() ?? ''
    lines.push(...found)
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors += text)
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) =>
    child.once('exit', (code) => setTimeout(() => resolve({ code, errors }), 50))
  )
  return {
    lines: () => lines,
    interrupt: () => {
      const isOver = child.exitCode !== null || child.signalCode !== null
      if (child.pid !== undefined && !isOver) process.kill(child.pid, 'SIGINT')
    },
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!lines.some((line) => pattern.test(line))) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`It ended: ${lines.join('\n')}\n${errors}`)))
      }),
  }
}

/** Empty; another user may pass through it, because PostgreSQL never runs as root. */
export const emptyHome = (): { readonly path: string; readonly remove: () => void } => {
  const outer = mkdtempSync(join(tmpdir(), 'robnu-amazon-'))
  chmodSync(outer, 0o711)
  return {
    path: join(outer, 'home'),
    remove: () => rmSync(outer, { recursive: true, force: true, maxRetries: 5 }),
  }
}

export const readDemo = (
  home: string,
): { readonly url: string; readonly users: readonly DemoUser[] } =>
  JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8'))

export type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>

/** Signs in and keeps the cookie; throws for every answer that is no success. */
export const signIn = async (url: string, { email, password }: DemoUser): Promise<Ask> => {
  let cookie = ''
  const ask: Ask = async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        cookie,
        ...body === undefined ? {} : { 'content-type': 'application/json' },
        ...method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {},
      },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return JSON.parse(text)
  }
  await ask('POST', '/v1/auth/login', { email, password })
  return ask
}

/** A printed command as a shell runs it; where there is no curl, what it would ask for. */
export const runCurl = async (command: string, folder: string): Promise<unknown> => {
  if (spawnSync('curl', ['--version']).status === 0) {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${command}: ${status} ${stderr}`)
    return JSON.parse(stdout)
  }
  const [, body] = / -d '([^']*)'/.exec(command) ?? []
  const [, url = ''] = /(http:\/\/[^\s']+)'?$/.exec(command) ?? []
  const response = await fetch(url, {
    headers: { cookie: cookies.get(folder) ?? '', 'content-type': 'application/json' },
    ...body === undefined ? {} : { method: 'POST', body },
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (cookie !== undefined) cookies.set(folder, cookie)
  return await response.json()
}
const cookies = new Map<string, string>()

/** The database of a running system, as nobody but its superuser sees it. */
export const asSuperuser = async <T>(
  home: string,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> => {
  const port = readFileSync(join(home, 'postgres/postmaster.pid'), 'utf8').split('\n')[3]
  const password = readFileSync(join(home, 'keys/postgres-superuser'), 'utf8').trim()
  const sql = postgres({
    ...{ host: '127.0.0.1', port: Number(port), database: 'robnu', max: 1 },
    ...{ username: 'postgres', password, onnotice: () => {} },
  })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
