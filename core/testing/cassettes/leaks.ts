/** What should not be in a cassette: canaries, and whatever looks real and was not invented. */
import type { Cassette } from './cassette.ts'
import { digitsOnly, forms, matchesOf, tokensIn } from './forms.ts'
import { hasForm, isHarmless, kindOfKey, pathMatcher } from './keys.ts'
import { viewsOf, writingsOf } from './layers.ts'
import { eachLeaf, type Leaf } from './scrub.ts'

export interface Leak {
  /** Path in the cassette: `exchanges[0].answer.body.orders[].buyer.name`. */
  readonly where: string
  /** What it looks like; never the value. */
  readonly what: string
}

export interface LeakOptions {
  /** Texts that were planted where secrets and buyers are. */
  readonly canaries?: readonly string[]
  /** The plugin's own. */
  readonly pii?: readonly string[]
}

/** No leak: the cassette may be kept, shown and given away. */
export const leaksIn = (cassette: Cassette, options: LeakOptions = {}): readonly Leak[] => {
  const { canaries = [], pii = [] } = options
  const invented = new Set(cassette.invented)
  const isDeclared = pathMatcher(pii)
  const needles = canaries.map((one) => one.toLowerCase())
  const writings = canaries.flatMap(writingsOf)
  const isInvented = (text: string): boolean =>
    invented.has(text) || invented.has(digitsOnly(text).slice(-10))

  const faultsOf = (text: string): readonly string[] => {
    const views = viewsOf(text)
    const holds = views.map((view) => view.toLowerCase())
      .some((view) => /canary/.test(view) || needles.some((needle) => view.includes(needle)))
    if (holds || writings.some((writing) => text.includes(writing))) return ['a canary']
    if (invented.has(text)) return []
    const real = forms.filter((form) =>
      views.some((view) =>
        matchesOf(form, view).some((match) => !isInvented(form.core(match)) && !isInvented(match))
      )
    )
    const isOfInvented = (token: string): boolean =>
      invented.has(token) || cassette.invented.some((one) => one.includes(token))
    const tokens = tokensIn(text).filter((token) => !isOfInvented(token))
    return [
      ...real.map(({ name }) => `an unknown ${name}`),
      ...tokens.length > 0 ? ['a text that looks like a secret'] : [],
    ]
  }

  const leaks: Leak[] = []
  const look = (value: unknown, where: string, isAnswer = false): void => {
    const judge = (text: string, at: Leaf, isKey: boolean): void => {
      const place = [where, ...at.path].join('.').replaceAll('.[]', '[]')
      for (const what of faultsOf(text)) leaks.push({ where: place, what })
      if (isKey || isInvented(text) || isHarmless(text)) return
      if (isAnswer && isDeclared(at.path)) {
        leaks.push({ where: place, what: 'a value below a declared path' })
        return
      }
      const kind = kindOfKey(at.key, at.siblings)
      if (kind && hasForm(kind, text) && !hasInvented(text)) {
        leaks.push({ where: place, what: `an unknown ${kind}` })
      }
    }
    eachLeaf(value, (one, at) => {
      judge(String(one), at, false)
      for (const key of at.path) if (key !== '[]') judge(key, at, true)
    })
  }
  /** A scheme before it, a title: what is secret in it was invented. */
  const hasInvented = (text: string): boolean =>
    cassette.invented.some((one) =>
      one.length >= 6 && viewsOf(text).some((view) => view.includes(one))
    )

  look(cassette.account, 'account')
  look(cassette.config, 'config')
  cassette.exchanges.forEach(({ request, answer }, at) => {
    look(request, `exchanges[${at}].request`)
    look(answer.headers, `exchanges[${at}].answer.headers`)
    look(answer.body, `exchanges[${at}].answer.body`, true)
  })
  return leaks.filter((one, at) =>
    leaks.findIndex(({ where, what }) => where === one.where && what === one.what) === at
  )
}
