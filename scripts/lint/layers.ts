/** The rules of the house for `deno lint`, so that a fault shows while it is typed. */
import { type Fault, faultsOf } from './faults.ts'
import { type Rule, rules } from './house.ts'

/** The part of Deno's plugin interface that we use; Node's type check knows no `Deno`. */
interface LintContext {
  readonly filename: string
  readonly sourceCode: { readonly text: string }
  readonly report: (fault: { range: [number, number]; message: string }) => void
}
interface LintRule {
  readonly create: (context: LintContext) => Record<string, () => void>
}

const root = new URL('../../', import.meta.url).href
// every rule asks for the same file in turn: it is read once
let lastFile: { readonly key: string; readonly text: string; readonly faults: Fault[] } | undefined

const faultsIn = ({ filename, sourceCode: { text } }: LintContext): Fault[] => {
  const url = new URL(filename.replaceAll('\\', '/'), 'file:///').href
  if (lastFile?.key !== url || lastFile.text !== text) {
    const path = decodeURI(url.startsWith(root) ? url.slice(root.length) : url)
    lastFile = { key: url, text, faults: faultsOf(path, text) }
  }
  return lastFile.faults
}

const ruleOf = (rule: Rule): LintRule => ({
  create: (context) => ({
    Program: () => {
      for (const fault of faultsIn(context)) {
        if (fault.rule !== rule) continue
        context.report({ range: [fault.start, fault.end], message: fault.message })
      }
    },
  }),
})

export default {
  name: 'house',
  rules: Object.fromEntries(rules.map((rule) => [rule, ruleOf(rule)])),
}
