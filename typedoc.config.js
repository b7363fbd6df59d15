import { existsSync, readdirSync, readFileSync } from 'node:fs'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))

// one module of the documentation for each entry point of the package
const entryPoints = Object.values(exports)
  .filter(path => path.endsWith('.js'))
  .map(path => path.replace('./dist/', './').replace(/\.js$/, '.ts'))
  .filter(path => existsSync(path))

const guides = readdirSync('docs').filter(name => name.endsWith('.md')).map(name => `docs/${name}`)

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'hushwire',
  entryPoints,
  projectDocuments: guides,
  out: 'docs/api',
  includeVersion: true,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: true, unusedMergeModuleWith: true },
  requiredToBeDocumented: ['Enum', 'Variable', 'Function', 'Class', 'Interface', 'TypeAlias', 'Namespace', 'Module'],
  gitRevision: 'main',
  disableSources: true,
  githubPages: false
}
