/** All checks of the kit, in the order in which they are told. */
import { abortChecks } from './behaviour/abort.ts'
import { aloneChecks } from './behaviour/alone.ts'
import { bodyChecks } from './behaviour/bodies.ts'
import { changeChecks } from './behaviour/changes.ts'
import { failingChecks } from './behaviour/failing.ts'
import { importChecks } from './behaviour/imports.ts'
import { privacyChecks } from './behaviour/privacy.ts'
import { processingChecks } from './behaviour/processing.ts'
import { processingToldChecks } from './behaviour/processing-told.ts'
import { pushChecks } from './behaviour/pushes.ts'
import { resumeChecks } from './behaviour/resume.ts'
import { rowChecks } from './behaviour/rows.ts'
import { sessionChecks } from './behaviour/session.ts'
import { stockChecks } from './behaviour/stock.ts'
import { lookedAtChecks } from './behaviour/told.ts'
import type { Check, MarketplaceCheck } from './check.ts'
import { databaseChecks, databaseRowChecks } from './database/checks.ts'
import { madeChecks } from './declaration/made.ts'
import { marketRuleChecks, ruleChecks } from './declaration/rules.ts'
import { liveChecks } from './live/checks.ts'
import { cassetteChecks } from './recorded/cassettes.ts'

/** Of every plugin. */
export const pluginChecks: readonly Check[] = [
  ...madeChecks,
  ...ruleChecks,
  ...databaseChecks,
]

/** Of a marketplace, beside those. */
export const marketplaceChecks: readonly MarketplaceCheck[] = [
  ...marketRuleChecks,
  ...sessionChecks,
  ...rowChecks,
  ...resumeChecks,
  ...changeChecks,
  ...failingChecks,
  ...abortChecks,
  ...bodyChecks,
  ...privacyChecks,
  ...aloneChecks,
  ...stockChecks,
  ...processingChecks,
  ...processingToldChecks,
  ...importChecks,
  ...pushChecks,
  ...lookedAtChecks,
  ...cassetteChecks,
  ...databaseRowChecks,
  ...liveChecks,
]
