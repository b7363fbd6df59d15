const lost = new AbortController()

/** Aborts when what a command prints reaches nobody any more: its reader has gone, as behind `| head`, or it cannot be written. */
export const stdoutLost: AbortSignal = lost.signal

/** Looks after stdout: a command that goes on ends when nobody can read it, and one that could not print has failed. */
export function watchStdout (): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // who reads no more has what it wanted
    if (error.code !== 'EPIPE' && !lost.signal.aborted) failed(error.code ?? error.name)
    lost.abort()
  })
}

function failed (why: string): void {
  process.stderr.write(`hushwire: what it prints could not be written (${why}), though what else it does may be done. Look at where it goes to.\n`)
  // whatever the command itself says of how it went
  process.on('exit', () => { process.exitCode = 1 })
}
