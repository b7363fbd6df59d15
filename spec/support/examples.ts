import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { filesUnder } from './files.js'
import { ROOT } from './root.js'

/** A block of TypeScript in a comment or a guide. */
export interface Example {
  /** File and line, such as `lib/stream/channel.ts:21`. */
  readonly place: string
  readonly code: string
  /** Marked as ```` ```ts runnable ````: it is run in the tests too. */
  readonly runnable: boolean
}

/** Every example of the comments in lib/, of README.md and of the guides in docs/. */
export function examples (): Example[] {
  const guides = filesUnder('docs', '.md').filter(path => !path.startsWith('docs/api/'))
  const pages = existsSync(join(ROOT, 'README.md')) ? ['README.md', ...guides] : guides
  return [...filesUnder('lib', '.ts'), ...pages].flatMap(path => examplesOf(path, readFileSync(join(ROOT, path), 'utf8')))
}

/** The blocks of one file. In TypeScript, they stand behind the stars of a comment. */
export function examplesOf (path: string, text: string): Example[] {
  const found: Example[] = []
  const prefix = path.endsWith('.ts') ? /^ *\* ?/ : /^/
  let open: { line: number, info: string, lines: string[] } | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(prefix, '')
    const fence = /^```(.*)$/.exec(line)
    if (fence === null) {
      open?.lines.push(line)
    } else if (open === undefined) {
      open = { line: index + 1, info: (fence[1] ?? '').trim(), lines: [] }
    } else {
      if (/^(ts|typescript)\b/.test(open.info)) {
        found.push({ place: `${path}:${open.line}`, code: open.lines.join('\n'), runnable: /\brunnable\b/.test(open.info) })
      }
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block has no end`)
  return found
}

/**
 * Type-checks examples as modules of a user who has the package installed: its own name leads through the exports
 * map to the compiled declarations.
 *
 * @returns one list of complaints for each example, in their order
 */
export function complaints (list: readonly Example[]): string[][] {
  const files = new Map(list.map((example, index) => [join(ROOT, `docs/example-${index}.ts`), example.code]))
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: path => files.has(path) || disk.fileExists(path),
    readFile: path => files.get(path) ?? disk.readFile(path),
    getSourceFile: (path, target, ...rest) => {
      const code = files.get(path)
      return code === undefined ? disk.getSourceFile(path, target, ...rest) : ts.createSourceFile(path, code, target)
    }
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].map(path => {
    const source = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(diagnostic => complaint(diagnostic))
  })
}

/** An example as JavaScript. */
export function compiled (example: Example): string {
  return ts.transpileModule(example.code, { compilerOptions: options, fileName: 'example.mts' }).outputText
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true
}

function complaint (diagnostic: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
  if (diagnostic.file === undefined || diagnostic.start === undefined) return text
  const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
  return `line ${line + 1}: ${text}`
}
