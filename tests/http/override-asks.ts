/** What tests of overrides do over and over. */
import type { AccessWorld, Answer, Person } from './access-world.ts'

export const reason = 'for the week of the sale'

export const pathOf = ({ userId }: Person): string => `/v1/users/${userId}/overrides`

/** The status of a success, the code of a problem. */
export const codeOf = async (asked: Promise<Answer>): Promise<string | number> => {
  const { status, body } = await asked
  return status < 300 ? status : body.code
}
/** Where the faults of a refused body are. */
export const members = (asked: Answer): readonly string[] =>
  asked.body.errors.map(({ pointer }: { pointer: string }) => pointer)

export const overrideAsks = ({ ask, owner }: AccessWorld) => {
  const add = (person: Person, json: object, by: Person | string = owner): Promise<Answer> =>
    ask(by, pathOf(person), { json: { reason, ...json } })
  return {
    add,
    /** The id of the new one. */
    given: async (person: Person, json: object): Promise<string> => {
      const { status, body, text } = await add(person, json)
      if (status !== 201) throw new Error(text)
      return body.id
    },
  }
}
