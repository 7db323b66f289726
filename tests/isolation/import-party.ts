/** The imports of a seller. */
import { announced, markedFile } from './import-rows.ts'
import { good, type Party } from './parties.ts'

/** Puts a file to the storage and says so; the upload's id. */
export const putFile = async (
  ask: Party['ask'],
  accountId: string,
  name: string,
  file: Uint8Array,
): Promise<string> => {
  const { id, put } = await good(ask('POST', '/v1/uploads', announced(accountId, name, file)), 201)
  const answer = await fetch(put.url, {
    method: 'PUT',
    headers: put.headers,
    body: file as Uint8Array<ArrayBuffer>,
  })
  if (!answer.ok) throw new Error(`The storage does not take the file: ${await answer.text()}`)
  await good(ask('POST', `/v1/uploads/${id}/complete`))
  return id
}

/** Two files that are read to their end, and of which no line becomes an order. */
export const makeImports = async ({ ask, mark }: Pick<Party, 'ask' | 'mark'>): Promise<void> => {
  const [account] = (await good(ask('GET', '/v1/marketplace-accounts'))).data
  await putFile(ask, account.id, `upload-of-${mark}.csv`, markedFile(mark))
  for (const name of ['first', 'second']) {
    const path = `/v1/imports?account=${account.id}&file=${name}-of-${mark}.csv`
    const { id } = await good(ask('POST', path, markedFile(mark)), 202)
    for (let state = 'QUEUED'; state !== 'SUCCEEDED';) {
      const found = await good(ask('GET', `/v1/imports/${id}`))
      state = found.state
      if (state === 'FAILED') throw new Error(`The import has failed: ${found.failure.message}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
