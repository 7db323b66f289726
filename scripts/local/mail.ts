/** The local mail hook: what the app would send by mail becomes a file of `.robnu/outbox`. */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { createOutbox } from '#core/mail/outbox.ts'
import { ensureFolder } from './files.ts'
import { loopback } from './ports.ts'

export interface LocalMail {
  readonly url: string
  readonly stop: () => Promise<void>
}

const maxBytes = 256 * 1024
const Body = z.object({
  id: z.guid(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
})

/** Takes mails from who has the token, and writes each to the folder. */
export const startMail = async (
  { folder, token, now = () => new Date() }: {
    readonly folder: string
    readonly token: string
    readonly now?: () => Date
  },
): Promise<LocalMail> => {
  ensureFolder(folder)
  const outbox = createOutbox({ folder, from: 'Robnu <no-reply@robnu.invalid>', now })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isOurs = request.method === 'POST' && request.headers.authorization === `Bearer ${token}`
    if (!isOurs) return void response.writeHead(403).end()
    const mail = Body.safeParse(await readJson(request))
    if (!mail.success) return void response.writeHead(400).end()
    await outbox.send(mail.data)
    response.writeHead(204).end()
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(0, loopback, resolve)
  )
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${loopback}:${port}/mail`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined
  }
}
