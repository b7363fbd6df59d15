import test, { type ExecutionContext } from 'ava'
import { vectors } from './vector-files.js'

export { vectors, vectorsChosen } from './vector-files.js'

/** A test over one vector file. Without the file it says that it was left out. */
export function vectorTest<T> (title: string, path: string, run: (t: ExecutionContext, data: T) => void | Promise<void>): void {
  test(title, async t => {
    const data = vectors<T>(path)
    if (data === undefined) {
      t.log(`left out: ${path} (no file)`)
      t.pass()
      return
    }
    await run(t, data)
  })
}
