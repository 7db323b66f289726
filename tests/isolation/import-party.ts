/** The imports of a seller. */
import { markedFile } from './import-rows.ts'
import { good, type Party } from './parties.ts'

/** Two files that are read to their end, and of which no line becomes an order. */
export const makeImports = async ({ ask, mark }: Pick<Party, 'ask' | 'mark'>): Promise<void> => {
  const [account] = (await good(ask('GET', '/v1/marketplace-accounts'))).data
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
