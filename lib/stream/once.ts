/** A task that is done at its first call; later ones do nothing. */
export function once (task: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    task()
  }
}
