/** The rules of `core/rules`, each as a check: what the host would say before a start. */
import type { Marketplace, Plugin } from '../../../plugin.ts'
import { pluginRules } from '../../../rules/declaration.ts'
import { marketplaceRules } from '../../../rules/marketplace-declaration.ts'
import {
  formFaults,
  marketMembers,
  memberOf,
  readable,
  surfaceMembers,
} from '../../../rules/plugin-form.ts'
import type { DeclarationRule, Found } from '../../../rules/rule.ts'
import type { Check, MarketplaceCheck } from '../check.ts'

const remedy = 'Change the declaration in mod.ts: core/plugin.ts says what each member is'

const refuse = (faults: readonly Found[]): Promise<void> => {
  if (faults.length === 0) return Promise.resolve()
  return Promise.reject(
    new Error(faults.map(([path, message]) => `${path} ${message}`).join('; ')),
  )
}

const formOf = (member: string): Check => ({
  id: `form-${kebab(member)}`,
  tier: 'declaration',
  title: `The member ${member} has the form of the contract`,
  remedy,
  run: ({ plugin }) => refuse(formFaults(plugin).filter(([path]) => memberOf(path) === member)),
})

const kebab = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const ruleOf = <P extends Plugin>({ id, title, faults }: DeclarationRule<P>): Check<P> => ({
  id: `declared-${id}`,
  ...{ tier: 'declaration', title, remedy },
  run: ({ plugin }) => {
    const formless = new Set(formFaults(plugin).map(([path]) => memberOf(path)))
    // of a member that has not its form, the check of the form speaks
    return refuse(faults(readable(plugin)).filter(([path]) => !formless.has(memberOf(path))))
  },
})

// webhooks and api have no form of their own: a rule speaks of them
const hasForm = (member: string): boolean => member !== 'api'

export const ruleChecks: readonly Check[] = [
  ...surfaceMembers.filter(hasForm).map(formOf),
  ...pluginRules.map(ruleOf),
]
export const marketRuleChecks: readonly MarketplaceCheck[] = [
  ...marketMembers.map(formOf),
  ...marketplaceRules.map(ruleOf<Marketplace>),
]
