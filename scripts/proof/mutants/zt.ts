import process from 'node:process'
const { tell } = await import('/work/main/core/testing/conformance/told/told.ts')
const dir='/work/main/marketplaces/ajio'
const plugin = (await import(`${dir}/mod.ts`)).default
const sample = (await import(`${dir}/sample.ts`)).default
const bench = { plugin, sample, signal: new AbortController().signal }
await (await import('/work/main/core/testing/conformance/walk.ts')).fullRun(bench as any,'ORDERS')
const c = process.cpuUsage(); const t=performance.now()
await tell(bench as any, 'batches')
const d = process.cpuUsage(c); console.log((d.user+d.system)/1000, performance.now()-t, Object.keys(sample.batches).length)
process.exit()
