// An old module has a loader of its own: by whichever way it gets at files.
const ways = [
  () => require('node:fs'),
  () => require('fs'),
  () => module.constructor._load('fs'),
  () => module.constructor.createRequire(__filename)('fs'),
  () => globalThis.process.getBuiltinModule('fs'),
  () => globalThis.process.binding('fs'),
  () => globalThis.process.mainModule.require('fs'),
]

module.exports = (path) => {
  const errors = []
  for (const way of ways) {
    try {
      return way().readFileSync(path, 'utf8')
    } catch (error) {
      errors.push(String(error))
    }
  }
  throw new Error(errors.join('; '))
}
