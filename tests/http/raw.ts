/** Bytes as they are, to a port of ours. */
import { connect } from 'node:net'

/** What the server writes back to the text, until it closes or has been quiet for a while. */
export const rawAnswer = (port: number, text: string, quietMs = 1_000): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setTimeout(quietMs, () => socket.destroy())
    socket.on('data', (chunk) => answer += chunk.toString())
    // who is refused in the middle of a body may find the connection gone
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })
